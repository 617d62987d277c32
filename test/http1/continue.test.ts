import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { newProtocol, protocolWithRequest, TEST_DATE } from '../support/protocol-driver.ts';

const WAITING = 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n';
const OK = { status: 200, fields: [] };

suite('a peer that waits for a 100', () => {
  test('is owed one until it is sent, once (RFC9110§10.1.1)', () => {
    const protocol = protocolWithRequest(WAITING);
    assert.equal(protocol.continueIsDue, true);
    assert.equal(protocol.sendContinue(), 'HTTP/1.1 100 Continue\r\n\r\n');
    assert.equal(protocol.continueIsDue, false);
    assert.equal(protocol.replyState, 'due');
  });

  test('is owed none if its content came with the head (RFC9110§10.1.1)', () => {
    assert.equal(protocolWithRequest(`${WAITING}h`).continueIsDue, false);
  });

  test('is owed none once its content comes (RFC9110§10.1.1)', () => {
    const protocol = protocolWithRequest(WAITING);
    protocol.receive(Buffer.from('h'));
    assert.equal(protocol.nextEvent(), 'data');
    assert.equal(protocol.continueIsDue, false);
  });

  test('is owed none at the end of a chunked body without content (RFC9110§10.1.1)', () => {
    const protocol = protocolWithRequest(WAITING.replace('Content-Length: 5', 'Transfer-Encoding: chunked'));
    assert.equal(protocol.continueIsDue, true);
    protocol.receive(Buffer.from('0\r\n\r\n'));
    assert.equal(protocol.nextEvent(), 'end');
    assert.equal(protocol.continueIsDue, false);
  });

  test('is owed none without content, and none on HTTP/1.0 (RFC9110§10.1.1)', () => {
    for (const [from, to] of [
      ['Content-Length: 5', 'Content-Length: 0'],
      ['Content-Length: 5\r\n', ''],
      ['HTTP/1.1', 'HTTP/1.0'],
    ] as const) {
      assert.equal(protocolWithRequest(WAITING.replace(from, to)).continueIsDue, false, to);
    }
  });

  test('a final answer instead of the 100 closes: what comes next may be content or a request', () => {
    const whole = protocolWithRequest(WAITING);
    assert.match(
      String(whole.sendWhole({ status: 413, fields: [] }, 'no', TEST_DATE)),
      /\r\nconnection: close\r\n/,
    );
    const streamed = protocolWithRequest(WAITING);
    assert.match(streamed.sendHead(OK, TEST_DATE), /\r\nconnection: close\r\n/);
    for (const protocol of [whole, streamed]) {
      assert.equal(protocol.closesAfterReply, true);
      assert.equal(protocol.continueIsDue, false);
    }
  });

  test('a final answer behind the 100 leaves the connection open', () => {
    const protocol = protocolWithRequest(WAITING);
    protocol.sendContinue();
    assert.doesNotMatch(String(protocol.sendWhole(OK, 'yes', TEST_DATE)), /connection:/);
    assert.equal(protocol.closesAfterReply, false);
  });

  test('the next request starts anew', () => {
    const protocol = protocolWithRequest(WAITING);
    protocol.sendContinue();
    protocol.receive(Buffer.from('helloPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n'));
    assert.deepEqual([protocol.nextEvent(), protocol.nextEvent()], ['data', 'end']);
    protocol.sendWhole(OK, undefined, TEST_DATE);
    protocol.startNext();
    assert.equal(protocol.nextEvent(), 'request');
    assert.equal(protocol.continueIsDue, false);
    assert.equal(protocol.request.expectsContinue, false);
  });

  test('a 100 without a request, or behind an answer, is a fault of the caller', () => {
    assert.throws(() => newProtocol().sendContinue(), /none cannot take "interim"/);
    const protocol = protocolWithRequest(WAITING);
    protocol.sendWhole(OK, undefined, TEST_DATE);
    assert.throws(() => protocol.sendContinue(), /sent cannot take "interim"/);
  });
});
