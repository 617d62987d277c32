import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseByteRanges } from '#semantics/byte-range.ts';
import { hasToken, listMembers, trimWhitespace } from '#semantics/headers.ts';
import { mayBeTrailer } from '#semantics/trailers.ts';

suite('a list of tokens', () => {
  test('holds its members in any case, whatever whitespace is around them (RFC9110§5.6.1)', () => {
    for (const value of ['close', 'CLOSE', 'a,close', 'a ,\tClose , b', ',close,', 'close,close']) {
      assert.equal(hasToken(value, 'close'), true, value);
    }
    for (const value of ['', 'a', 'closed', 'xclose', 'clo se', 'close;x', '"close"']) {
      assert.equal(hasToken(value, 'close'), false, value);
    }
  });

  test('has whitespace of SP and HTAB alone (RFC9110§5.6.3)', () => {
    for (const space of ['\xa0', '\x0b', '\x0c', '\u2028']) {
      assert.equal(hasToken(`a,${space}close`, 'close'), false, JSON.stringify(space));
    }
  });

  test('is read in one pass: with the square of the blanks in a member these would take hours', () => {
    const value = `a,b${' '.repeat(3_000_000)}c,close${'\t'.repeat(3_000_000)}`;
    assert.equal(hasToken(value, 'close'), true);
    assert.equal(listMembers(value).length, 3);
    assert.equal(trimWhitespace(`${' '.repeat(3_000_000)}a b`), 'a b');
    assert.equal(parseByteRanges(`bytes=0-1,a${' '.repeat(3_000_000)}b`), undefined);
  });

  test('has no empty members (RFC9110§5.6.1.2)', () => {
    assert.deepEqual(listMembers(' , a,, b\t,\t,'), ['a', 'b']);
    assert.deepEqual(listMembers(''), []);
  });
});

suite('a trailer', () => {
  test('frames, routes, asks and authorizes nothing (RFC9110§6.5.1)', () => {
    for (const name of [
      'content-length',
      'transfer-encoding',
      'host',
      'te',
      'authorization',
      'cookie',
      'range',
    ]) {
      assert.equal(mayBeTrailer(name), false, name);
    }
  });

  test('may have any other name (RFC9110§6.5.1)', () => {
    for (const name of ['etag', 'digest', 'server-timing', 'x-checksum']) {
      assert.equal(mayBeTrailer(name), true, name);
    }
  });
});
