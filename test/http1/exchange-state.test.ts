import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { replyStateAfter, requestStateAfter } from '#http1/exchange-state.ts';
import { RequestHead } from '#http1/request-head.ts';
import { ServerProtocol } from '#http1/server-protocol.ts';
import { newProtocol, protocolWithRequest, TEST_DATE, TEST_LIMITS } from '../support/protocol-driver.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n';
const OK = { status: 200, fields: [] };

const REQUEST_EVENTS = ['head', 'head-with-body', 'body-end', 'next', 'stop'] as const;
const REPLY_EVENTS = ['request', 'interim', 'whole', 'head', 'data', 'end', 'refusal', 'next'] as const;

/** All steps there are; none of the others may be taken. */
const REQUEST_STEPS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  idle: { head: 'complete', 'head-with-body': 'body', stop: 'ended' },
  body: { 'body-end': 'complete', stop: 'ended' },
  complete: { next: 'idle', stop: 'ended' },
  // A request whose bytes were refused never reads again.
  ended: { stop: 'ended' },
};
const REPLY_STEPS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  none: { request: 'due', refusal: 'sent' },
  due: { interim: 'due', whole: 'sent', head: 'streaming', refusal: 'sent' },
  streaming: { data: 'streaming', end: 'sent' },
  sent: { next: 'none' },
};

suite('the states of an exchange', () => {
  test('a request takes the steps that are listed; any other throws and says which', () => {
    for (const state of ['idle', 'body', 'complete', 'ended'] as const) {
      for (const event of REQUEST_EVENTS) {
        const next = REQUEST_STEPS[state]?.[event];
        if (next !== undefined) assert.equal(requestStateAfter(state, event), next);
        else
          assert.throws(() => requestStateAfter(state, event), new RegExp(`${state} cannot take "${event}"`));
      }
    }
  });

  test('a reply takes the steps that are listed; any other throws and says which', () => {
    for (const state of ['none', 'due', 'streaming', 'sent'] as const) {
      for (const event of REPLY_EVENTS) {
        const next = REPLY_STEPS[state]?.[event];
        if (next !== undefined) assert.equal(replyStateAfter(state, event), next);
        else
          assert.throws(() => replyStateAfter(state, event), new RegExp(`${state} cannot take "${event}"`));
      }
    }
  });
});

suite('what may follow what on a connection', () => {
  test('without a request nothing is answered', () => {
    const protocol = newProtocol();
    assert.throws(() => protocol.sendWhole(OK, 'x', TEST_DATE), /none cannot take "whole"/);
    assert.throws(() => protocol.sendHead(OK, TEST_DATE), /none cannot take "head"/);
    assert.throws(() => protocol.sendData(Buffer.from('x')), /none cannot take "data"/);
    assert.throws(() => protocol.sendEnd(), /none cannot take "end"/);
  });

  test('a request is answered once', () => {
    const protocol = protocolWithRequest(GET);
    protocol.sendWhole(OK, 'x', TEST_DATE);
    assert.throws(() => protocol.sendWhole(OK, 'x', TEST_DATE), /sent cannot take "whole"/);
    assert.throws(() => protocol.sendHead(OK, TEST_DATE), /sent cannot take "head"/);
    assert.throws(() => protocol.sendRejection('body-timeout', TEST_DATE), /sent cannot take "refusal"/);
  });

  test('content has its head before it and nothing behind its end', () => {
    const protocol = protocolWithRequest(GET);
    assert.throws(() => protocol.sendData(Buffer.from('x')), /due cannot take "data"/);
    protocol.sendHead(OK, TEST_DATE);
    protocol.sendData(Buffer.from('x'));
    protocol.sendEnd();
    assert.throws(() => protocol.sendData(Buffer.from('x')), /sent cannot take "data"/);
    assert.throws(() => protocol.sendEnd(), /sent cannot take "end"/);
  });

  test('the next request starts when both sides are done, not before', () => {
    const unanswered = protocolWithRequest(GET);
    assert.throws(() => unanswered.startNext(), /due cannot take "next"/);
    const unread = protocolWithRequest(POST);
    unread.sendWhole(OK, 'x', TEST_DATE);
    assert.throws(() => unread.startNext(), /body cannot take "next"/);
    assert.throws(() => newProtocol().startNext(), /idle cannot take "next"/);
  });

  test('a reply may be sent before the body was read; the rest is read behind it', () => {
    const protocol = protocolWithRequest(POST);
    protocol.sendWhole(OK, 'x', TEST_DATE);
    protocol.receive(Buffer.from(`hi${GET}`));
    assert.deepEqual(
      [protocol.nextEvent(), protocol.nextEvent(), protocol.nextEvent()],
      ['data', 'end', 'paused'],
    );
    protocol.startNext();
    assert.equal(protocol.nextEvent(), 'request');
  });

  test('the next request waits until this one is answered', () => {
    const protocol = protocolWithRequest(GET + GET);
    assert.equal(protocol.nextEvent(), 'paused');
    assert.equal(protocol.nextEvent(), 'paused');
    assert.equal(protocol.unreadBytes, GET.length);
    protocol.sendWhole(OK, 'x', TEST_DATE);
    assert.equal(protocol.nextEvent(), 'paused');
    protocol.startNext();
    assert.equal(protocol.nextEvent(), 'request');
    assert.equal(protocol.unreadBytes, 0);
  });
});

suite('what a connection is asked about', () => {
  test('a head is begun by its first byte, not by empty lines (RFC9112§2.2)', () => {
    const protocol = newProtocol();
    assert.equal(protocol.headBegun, false);
    protocol.receive(Buffer.from('\r\n'));
    assert.equal(protocol.nextEvent(), 'need-data');
    assert.equal(protocol.headBegun, false);
    protocol.receive(Buffer.from('G'));
    assert.equal(protocol.headBegun, true);
    assert.equal(protocol.nextEvent(), 'need-data');
    assert.equal(protocol.headBegun, true);
    protocol.receive(Buffer.from(GET.slice(1)));
    assert.equal(protocol.nextEvent(), 'request');
    assert.equal(protocol.headBegun, false);
  });

  test('bytes of a request to come begin a head once the one before is done', () => {
    const protocol = protocolWithRequest(`${GET}G`);
    assert.equal(protocol.headBegun, false);
    protocol.sendWhole(OK, 'x', TEST_DATE);
    protocol.startNext();
    assert.equal(protocol.headBegun, true);
  });

  test('who takes the connection over gets all bytes that were not read, and nothing more is read', () => {
    const protocol = protocolWithRequest(`${GET}\x00\x01`);
    protocol.receive(Buffer.from('\x02'));
    assert.deepEqual([...protocol.takeUnread()], [0, 1, 2]);
    assert.equal(protocol.nextEvent(), 'closed');
    assert.equal(protocol.closesAfterReply, true);
    assert.equal(protocol.takeUnread().length, 0);
  });

  test('bytes behind a refusal are not kept', () => {
    const protocol = newProtocol();
    protocol.receive(Buffer.from('@'));
    assert.equal(protocol.nextEvent(), 'reject');
    protocol.receive(Buffer.alloc(1000));
    assert.equal(protocol.unreadBytes, 0);
  });

  test('between two requests there is no head: ten thousand idle connections would have as many', () => {
    let heads = 0;
    const newHead = () => {
      heads += 1;
      return new RequestHead();
    };
    const protocol = new ServerProtocol({ limits: TEST_LIMITS, heads: { newHead }, keepAliveSeconds: 0 });
    for (let request = 1; request <= 3; request += 1) {
      protocol.receive(Buffer.from(GET));
      assert.equal(protocol.nextEvent(), 'request');
      protocol.sendWhole(OK, 'x', TEST_DATE);
      protocol.startNext();
      assert.equal(protocol.nextEvent(), 'need-data');
      protocol.keepUnread();
      assert.equal(heads, request);
    }
  });
});
