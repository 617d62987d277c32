import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ReplyMemo } from '#exchange/reply.ts';
import { RequestHead } from '#http1/request-head.ts';
import { ServerProtocol } from '#http1/server-protocol.ts';
import { settleConfig } from '#server/server-config.ts';

const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';
const LATER = 'Sun, 06 Nov 1994 08:49:38 GMT';
const { settings: limits } = settleConfig([]);

/** A connection's engine that has read one request. */
function protocolFor(request: string): ServerProtocol<RequestHead> {
  const protocol = new ServerProtocol({
    limits,
    heads: { newHead: () => new RequestHead() },
    keepAliveSeconds: 5,
  });
  protocol.receive(Buffer.from(request, 'latin1'));
  assert.equal(protocol.nextEvent(), 'request');
  return protocol;
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const body = Buffer.from('content \xe9', 'latin1');

suite('a reply that is given again', () => {
  const reply = () => ({ status: 200, fields: ['etag', '"a"'], body, memo: new ReplyMemo() });

  test('is written once: the same bytes go out on every connection', () => {
    const again = reply();
    const first = protocolFor(GET).sendWhole(again, body, DATE);
    assert.ok(first instanceof Uint8Array);
    assert.equal(protocolFor(GET).sendWhole(again, body, DATE), first);
    const { memo, ...plain } = again;
    assert.deepEqual(protocolFor(GET).sendWhole(plain, body, DATE), first);
  });

  const others: readonly [what: string, request: string, date: string][] = [
    ['another second', GET, LATER],
    ['a peer that closes', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', DATE],
    ['HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a\r\n\r\n', DATE],
    ['HTTP/1.0 that stays', 'GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n', DATE],
    ['HEAD', 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n', DATE],
  ];
  for (const [what, request, date] of others) {
    test(`is written anew for ${what}, as if it had never been`, () => {
      const again = reply();
      const { memo, ...plain } = again;
      protocolFor(GET).sendWhole(again, body, DATE);
      const expected = protocolFor(request).sendWhole(plain, body, date);
      assert.deepEqual(protocolFor(request).sendWhole(again, body, date), expected);
      assert.deepEqual(protocolFor(request).sendWhole(again, body, date), expected);
      assert.deepEqual(
        protocolFor(GET).sendWhole(again, body, DATE),
        protocolFor(GET).sendWhole(plain, body, DATE),
      );
    });
  }

  test('with other fields or content, as whoever adds some makes of it, is another message', () => {
    const again = reply();
    protocolFor(GET).sendWhole(again, body, DATE);
    const more = { ...again, fields: [...again.fields, 'x-more', '1'] };
    assert.match(Buffer.from(protocolFor(GET).sendWhole(more, body, DATE)).toString('latin1'), /x-more: 1/);
    const shorter = protocolFor(GET).sendWhole(again, body.subarray(0, 3), DATE);
    assert.match(Buffer.from(shorter).toString('latin1'), /content-length: 3\r\n.*\r\n\r\ncon$/s);
  });

  test('ends the exchange like any other', () => {
    const again = reply();
    for (let time = 0; time < 2; time += 1) {
      const protocol = protocolFor(`${GET}${GET}`);
      protocol.sendWhole(again, body, DATE);
      assert.equal(protocol.replyState, 'sent');
      protocol.startNext();
      assert.equal(protocol.nextEvent(), 'request');
    }
  });

  test('closes behind a body that was never asked for (RFC9110§10.1.1)', () => {
    const again = reply();
    protocolFor(GET).sendWhole(again, body, DATE);
    const expecting = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n';
    const protocol = protocolFor(expecting);
    const bytes = Buffer.from(protocol.sendWhole(again, body, DATE)).toString('latin1');
    assert.match(bytes, /connection: close/);
    assert.equal(protocol.closesAfterReply, true);
  });
});
