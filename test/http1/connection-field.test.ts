import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ServerProtocol } from '#http1/server-protocol.ts';
import { protocolWithRequest, TEST_DATE } from '../support/protocol-driver.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const CLOSING = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const GET_10 = 'GET / HTTP/1.0\r\n\r\n';
const KEPT_10 = 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n';

/** What a reply says about its connection. */
function connectionFields(protocol: ServerProtocol): string[] {
  const head = String(protocol.sendWhole({ status: 200, fields: [] }, undefined, TEST_DATE));
  return head.split('\r\n').filter((line) => /^(connection|keep-alive):/.test(line));
}

suite('what a reply says about its connection', () => {
  test('nothing to HTTP/1.1, which stays open without a word (RFC9112§9.3)', () => {
    assert.deepEqual(connectionFields(protocolWithRequest(GET)), []);
  });

  test('the promised time, where one is promised', () => {
    const promise = ['connection: keep-alive', 'keep-alive: timeout=70'];
    assert.deepEqual(connectionFields(protocolWithRequest(GET, 70)), promise);
    assert.deepEqual(connectionFields(protocolWithRequest(KEPT_10, 70)), promise);
  });

  test('close, and no promise, where the peer asked for it (RFC9112§9.6)', () => {
    for (const seconds of [0, 70]) {
      assert.deepEqual(connectionFields(protocolWithRequest(CLOSING, seconds)), ['connection: close']);
      assert.deepEqual(connectionFields(protocolWithRequest(GET_10, seconds)), ['connection: close']);
    }
  });

  test('keep-alive to HTTP/1.0 that asked for it: it closes unless it is told (RFC9112§9.3)', () => {
    assert.deepEqual(connectionFields(protocolWithRequest(KEPT_10)), ['connection: keep-alive']);
  });

  test('close once the server wants to close, whatever the peer asked for (RFC9112§9.6)', () => {
    const protocol = protocolWithRequest(KEPT_10, 70);
    protocol.closeAfterReply();
    assert.equal(protocol.closesAfterReply, true);
    assert.deepEqual(connectionFields(protocol), ['connection: close']);
  });

  test('close to a peer that has ended: no request can follow (RFC9112§9.6)', () => {
    const protocol = protocolWithRequest(GET, 70);
    protocol.receiveEnd();
    assert.deepEqual(connectionFields(protocol), ['connection: close']);
    assert.equal(protocol.closesAfterReply, true);
  });

  test('close only with the last answer to a peer that pipelined and ended (RFC9112§9.6)', () => {
    const protocol = protocolWithRequest(GET + GET, 0);
    protocol.receiveEnd();
    assert.deepEqual(connectionFields(protocol), []);
    assert.equal(protocol.closesAfterReply, false);
    protocol.startNext();
    assert.equal(protocol.nextEvent(), 'request');
    assert.deepEqual(connectionFields(protocol), ['connection: close']);
  });

  test('a peer that ends while its answer streams closes the connection behind it', () => {
    const protocol = protocolWithRequest(GET);
    protocol.sendHead({ status: 200, fields: [] }, TEST_DATE);
    assert.equal(protocol.closesAfterReply, false);
    protocol.receiveEnd();
    assert.equal(protocol.closesAfterReply, true);
  });

  test('upgrade where the reply has Upgrade, besides whether it stays open (RFC9110§7.8)', () => {
    const lines = (request: string) => {
      const reply = { status: 426, fields: ['upgrade', 'websocket'] };
      const head = String(protocolWithRequest(request, 70).sendWhole(reply, undefined, TEST_DATE));
      return head.split('\r\n').filter((line) => /^(connection|upgrade):/.test(line));
    };
    const upgrade = ['connection: upgrade', 'upgrade: websocket'];
    assert.deepEqual(lines(GET), [...upgrade, 'connection: keep-alive']);
    assert.deepEqual(lines(CLOSING), [...upgrade, 'connection: close']);
  });
});
