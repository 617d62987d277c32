import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  equalsIgnoringCase,
  FIELD_VALUE,
  HEX_VALUE,
  LOWER,
  QUERY_ONLY,
  REG_NAME,
  TARGET,
  TCHAR,
} from '#http1/char-class.ts';

const CHARACTERS: readonly string[] = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));

/** The characters a table has a value for. */
function members(table: Uint8Array, value = 1): string {
  return CHARACTERS.filter((_, byte) => table[byte] === value).join('');
}

function matching(pattern: RegExp): string {
  return CHARACTERS.filter((character) => pattern.test(character)).join('');
}

suite('the tables of characters', () => {
  test('tchar (RFC9110§5.6.2)', () => {
    assert.equal(members(TCHAR), matching(/[!#$%&'*+\-.^_`|~0-9A-Za-z]/));
  });

  test('field-vchar, SP and HTAB (RFC9110§5.5)', () => {
    assert.equal(members(FIELD_VALUE), matching(/[\t\x20-\x7e\x80-\xff]/));
  });

  test('what a reg-name has beside percent-encoded bytes (RFC3986§3.2.2)', () => {
    assert.equal(members(REG_NAME), matching(/[A-Za-z0-9\-._~!$&'()*+,;=]/));
  });

  test('what a target has: URI characters, and what browsers leave raw (RFC3986§2)', () => {
    assert.equal(members(TARGET), matching(/[A-Za-z0-9\-._~!$&'()*+,;=:@/?[\]%{}|^`]/));
    assert.equal(members(TARGET, QUERY_ONLY), '\\');
  });

  test('hexadecimal digits have their values in both cases (RFC5234§B.1)', () => {
    for (const [byte, character] of CHARACTERS.entries()) {
      const value = /[0-9a-fA-F]/.test(character) ? Number.parseInt(character, 16) : 255;
      assert.equal(HEX_VALUE[byte], value, JSON.stringify(character));
    }
  });

  test('ASCII letters have a lower case, and nothing else has', () => {
    for (const [byte, character] of CHARACTERS.entries()) {
      const lower = /[A-Z]/.test(character) ? character.toLowerCase() : character;
      assert.equal(LOWER[byte], lower.charCodeAt(0), JSON.stringify(character));
    }
  });
});

suite('a name among bytes', () => {
  const bytes = Buffer.from('xX-ZebrA@[`{x', 'latin1');

  test('is known in any case, at its whole length only', () => {
    assert.equal(equalsIgnoringCase(bytes, 1, 8, 'x-zebra'), true);
    assert.equal(equalsIgnoringCase(bytes, 1, 7, 'x-zebra'), false);
    assert.equal(equalsIgnoringCase(bytes, 0, 8, 'x-zebra'), false);
    assert.equal(equalsIgnoringCase(bytes, 1, 8, 'x-zebrb'), false);
    assert.equal(equalsIgnoringCase(bytes, 3, 3, ''), true);
  });

  test('does not take characters for each other that differ in the bit of case', () => {
    assert.equal(equalsIgnoringCase(bytes, 8, 10, '`{'), false);
    assert.equal(equalsIgnoringCase(bytes, 8, 10, '@['), true);
  });
});
