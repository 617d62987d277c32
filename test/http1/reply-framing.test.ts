import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ReplyError } from '#http1/reply-head.ts';
import type { ServerProtocol } from '#http1/server-protocol.ts';
import { protocolWithRequest, TEST_DATE } from '../support/protocol-driver.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const HEAD = 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n';
const GET_10 = 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n';
const HEAD_10 = 'HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n';
const DATE = `date: ${TEST_DATE}\r\n`;

function sendWhole(
  request: string,
  status: number,
  body?: string | Uint8Array,
  fields: string[] = [],
): string {
  const reply = protocolWithRequest(request).sendWhole({ status, fields }, body, TEST_DATE);
  return typeof reply === 'string' ? reply : Buffer.from(reply).toString('latin1');
}

function sendHead(request: string, status: number, fields: string[] = []): [ServerProtocol, string] {
  const protocol = protocolWithRequest(request);
  return [protocol, protocol.sendHead({ status, fields }, TEST_DATE)];
}

suite('the framing of a whole reply', () => {
  test('content has its length (RFC9112§6.2)', () => {
    assert.equal(sendWhole(GET, 200, 'hello'), `HTTP/1.1 200 OK\r\n${DATE}content-length: 5\r\n\r\nhello`);
  });

  test('no content and empty content have a length of zero (RFC9110§8.6)', () => {
    for (const body of [undefined, '', new Uint8Array(0)]) {
      assert.equal(sendWhole(GET, 200, body), `HTTP/1.1 200 OK\r\n${DATE}content-length: 0\r\n\r\n`);
    }
  });

  test('the true length is sent, whatever the fields say (RFC9110§8.6)', () => {
    assert.equal(
      sendWhole(GET, 200, 'hello', ['content-length', '99']),
      `HTTP/1.1 200 OK\r\n${DATE}content-length: 5\r\n\r\nhello`,
    );
  });

  test('HEAD gets the length of GET, whatever the fields say (RFC9110§8.6)', () => {
    const reply = sendWhole(HEAD, 200, 'hello', ['content-length', '99']);
    assert.equal(reply, `HTTP/1.1 200 OK\r\n${DATE}content-length: 5\r\n\r\n`);
  });

  test('a string is sent as UTF-8, its length in bytes', () => {
    const reply = sendWhole(GET, 200, 'grüß 🙂');
    assert.ok(reply.includes('content-length: 11\r\n'), reply);
    assert.ok(reply.endsWith(Buffer.from('\r\n\r\ngrüß 🙂').toString('latin1')), reply);
  });

  test('half a surrogate pair is sent as the replacement character', () => {
    assert.ok(sendWhole(GET, 200, '\ud83d').endsWith('content-length: 3\r\n\r\n\xef\xbf\xbd'));
  });

  test('an ASCII string leaves as one string, other content as one array of bytes', () => {
    const type = (body: string | Uint8Array) =>
      typeof protocolWithRequest(GET).sendWhole({ status: 200, fields: [] }, body, TEST_DATE);
    assert.deepEqual([type('a'), type('ü'), type(Uint8Array.of(1))], ['string', 'object', 'object']);
  });

  test('bytes above 0x7F in a field stay one byte each beside content of bytes', () => {
    const reply = sendWhole(GET, 200, 'ü', ['x', 'é\xff']);
    assert.equal(reply, `HTTP/1.1 200 OK\r\nx: \xe9\xff\r\n${DATE}content-length: 2\r\n\r\n\xc3\xbc`);
  });

  test('HEAD gets the length and not the content (RFC9110§9.3.2)', () => {
    assert.equal(sendWhole(HEAD, 200, 'hello'), `HTTP/1.1 200 OK\r\n${DATE}content-length: 5\r\n\r\n`);
  });

  test('HEAD gets the length that the fields declare, for content that was not made (RFC9110§8.6)', () => {
    for (const body of [undefined, '']) {
      assert.equal(
        sendWhole(HEAD, 200, body, ['content-length', '1048576']),
        `HTTP/1.1 200 OK\r\n${DATE}content-length: 1048576\r\n\r\n`,
      );
    }
  });

  test('HEAD gets no length where none is known (RFC9110§9.3.2)', () => {
    assert.equal(sendWhole(HEAD, 200), `HTTP/1.1 200 OK\r\n${DATE}\r\n`);
  });

  test('204 has neither content nor length (RFC9110§8.6)', () => {
    const bare = `HTTP/1.1 204 No Content\r\n${DATE}\r\n`;
    assert.equal(sendWhole(GET, 204, 'hello', ['content-length', '5']), bare);
    assert.equal(sendWhole(HEAD, 204), bare);
  });

  test('304 has no content, and a length only where the fields declare one (RFC9110§8.6)', () => {
    assert.equal(sendWhole(GET, 304, 'hello'), `HTTP/1.1 304 Not Modified\r\n${DATE}\r\n`);
    assert.equal(
      sendWhole(GET, 304, undefined, ['content-length', '7']),
      `HTTP/1.1 304 Not Modified\r\n${DATE}content-length: 7\r\n\r\n`,
    );
  });

  test('205 has a length of zero and no content (RFC9110§15.3.6)', () => {
    const empty = `HTTP/1.1 205 Reset Content\r\n${DATE}content-length: 0\r\n\r\n`;
    assert.equal(sendWhole(GET, 205), empty);
    assert.equal(sendWhole(GET, 205, 'hello', ['content-length', '5']), empty);
  });

  test('an interim status is no whole reply: the peer would wait for another (RFC9110§15.2)', () => {
    for (const status of [100, 101, 103, 199]) {
      assert.throws(() => sendWhole(GET, status), ReplyError);
      assert.throws(() => sendHead(GET, status), ReplyError);
    }
  });

  test('the answer to HTTP/1.0 is framed by its length (RFC9112§6.2)', () => {
    assert.ok(sendWhole(GET_10, 200, 'hi').endsWith('content-length: 2\r\nconnection: keep-alive\r\n\r\nhi'));
  });
});

suite('the framing of a reply whose content follows', () => {
  test('unknown length is chunked for HTTP/1.1 (RFC9112§7.1)', () => {
    const [, head] = sendHead(GET, 200);
    assert.equal(head, `HTTP/1.1 200 OK\r\n${DATE}transfer-encoding: chunked\r\n\r\n`);
  });

  test('a declared length frames it (RFC9112§6.2)', () => {
    const [, head] = sendHead(GET, 200, ['content-length', '5']);
    assert.equal(head, `HTTP/1.1 200 OK\r\n${DATE}content-length: 5\r\n\r\n`);
  });

  test('unknown length ends with the connection for HTTP/1.0, which has no chunked (RFC9112§6.1)', () => {
    const [protocol, head] = sendHead(GET_10, 200);
    assert.equal(head, `HTTP/1.1 200 OK\r\n${DATE}connection: close\r\n\r\n`);
    assert.equal(protocol.closesAfterReply, true);
  });

  test('a declared length keeps an HTTP/1.0 connection open (RFC9112§9.3)', () => {
    const [protocol, head] = sendHead(GET_10, 200, ['content-length', '5']);
    assert.equal(head, `HTTP/1.1 200 OK\r\n${DATE}content-length: 5\r\nconnection: keep-alive\r\n\r\n`);
    assert.equal(protocol.closesAfterReply, false);
  });

  test('HEAD, 204 and 304 have no framing of their own and end at once (RFC9112§6.3)', () => {
    const cases: [string, number][] = [
      [HEAD, 200],
      [GET, 204],
      [GET, 304],
    ];
    for (const [request, status] of cases) {
      const [protocol, head] = sendHead(request, status);
      assert.ok(head.endsWith(`\r\n${DATE}\r\n`), head);
      assert.deepEqual(protocol.sendData(Buffer.from('hello')), []);
      assert.deepEqual(protocol.sendEnd(), []);
      assert.equal(protocol.replyState, 'sent');
      assert.equal(protocol.closesAfterReply, false);
    }
  });

  test('HEAD gets the declared length (RFC9110§9.3.2)', () => {
    const [, head] = sendHead(HEAD, 200, ['content-length', '5']);
    assert.ok(head.endsWith('content-length: 5\r\n\r\n'), head);
  });

  test('HEAD leaves an HTTP/1.0 connection open without a length (RFC9112§6.3)', () => {
    const [protocol] = sendHead(HEAD_10, 200);
    assert.equal(protocol.closesAfterReply, false);
  });

  test('the content of a 205 is dropped (RFC9110§15.3.6)', () => {
    const [protocol, head] = sendHead(GET, 205);
    assert.ok(head.endsWith('content-length: 0\r\n\r\n'), head);
    assert.deepEqual(protocol.sendData(Buffer.from('x')), []);
    assert.deepEqual(protocol.sendEnd(), []);
  });
});
