import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ReplyError } from '#http1/reply-head.ts';
import { protocolWithRequest, TEST_DATE } from '../support/protocol-driver.ts';

const TAKES_TRAILERS = 'GET / HTTP/1.1\r\nHost: a\r\nTE: gzip;q=0.5, Trailers\r\nConnection: TE\r\n\r\n';

/** The end of a reply whose content is `x`. */
function endWith(
  trailers: readonly string[],
  request = TAKES_TRAILERS,
  fields: readonly string[] = [],
): string {
  const protocol = protocolWithRequest(request);
  protocol.sendHead({ status: 200, fields }, TEST_DATE);
  protocol.sendData(Buffer.from('x'));
  return Buffer.concat(protocol.sendEnd(trailers)).toString('latin1');
}

suite('the trailers of a reply', () => {
  test('stand behind the last chunk (RFC9112§7.1.2)', () => {
    assert.equal(endWith(['etag', '"a"', 'x-sum', '\xe9 ']), '0\r\netag: "a"\r\nx-sum: \xe9 \r\n\r\n');
    assert.equal(endWith([]), '0\r\n\r\n');
  });

  test('are left out for a client that does not take them (RFC9110§6.5.1)', () => {
    for (const request of [
      'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\nTE: gzip\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\nTE: xtrailers\r\n\r\n',
    ]) {
      assert.equal(endWith(['x', 'y'], request), '0\r\n\r\n', request);
    }
    assert.equal(endWith(['x', 'y'], 'GET / HTTP/1.0\r\nTE: trailers\r\n\r\n'), '');
  });

  test('have no place behind content of a known length (RFC9112§6.2)', () => {
    assert.equal(endWith(['x', 'y'], TAKES_TRAILERS, ['content-length', '1']), '');
  });

  test('never frame, route or authorize (RFC9110§6.5.1)', () => {
    assert.equal(
      endWith(['content-length', '5', 'set-cookie', 'a', 'x', 'y', 'host', 'b']),
      '0\r\nx: y\r\n\r\n',
    );
    assert.equal(endWith(['transfer-encoding', 'chunked']), '0\r\n\r\n');
  });

  test('that would break the message are a fault of the app, and nothing of them leaves (RFC9110§5.5)', () => {
    for (const trailers of [
      ['x', 'a\r\nb: c'],
      ['x', '\n'],
      ['x', '\0'],
      ['x y', 'a'],
      ['x:', 'a'],
      ['', 'a'],
      ['X', 'a'],
      ['x', '\u0100'],
    ]) {
      assert.throws(() => endWith(trailers), ReplyError, JSON.stringify(trailers));
    }
  });
});
