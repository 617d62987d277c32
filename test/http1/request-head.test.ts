import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { newProtocol, protocolWithRequest } from '../support/protocol-driver.ts';

const REQUEST =
  'GET /a?b HTTP/1.1\r\nHost: a.example:80\r\nX-List: 1\r\nOther: \xe9\r\nx-list:\r\nX-LIST:  3, 4 \r\n\r\n';

suite('a request head', () => {
  test('gives the combined value of a field (RFC9110§5.3)', () => {
    const { request } = protocolWithRequest(REQUEST);
    assert.equal(request.field('x-list'), '1, , 3, 4');
    assert.equal(request.field('other'), '\xe9');
    assert.equal(request.field('host'), 'a.example:80');
    assert.equal(request.field('x-lis'), undefined);
    assert.equal(request.field('x-listx'), undefined);
    assert.equal(request.field(''), undefined);
  });

  test('gives the field lines in their order, values without the whitespace around them (RFC9112§5.1)', () => {
    const { request } = protocolWithRequest(REQUEST);
    assert.deepEqual(request.fieldLines(), [
      ...['Host', 'a.example:80', 'X-List', '1', 'Other', '\xe9', 'x-list', '', 'X-LIST', '3, 4'],
    ]);
  });

  for (const { name, long } of [
    { name: 'short', long: '' },
    { name: 'long', long: `X-Long: ${'y'.repeat(1500)}\r\n` },
  ]) {
    const text = REQUEST.replace('\r\n\r\n', `\r\n${long}\r\n`);

    test(`that is ${name} says the same when what it was read from is overwritten`, () => {
      const bytes = Buffer.from(`${text}rest`, 'latin1');
      const protocol = newProtocol();
      protocol.receive(bytes);
      assert.equal(protocol.nextEvent(), 'request');
      const { request } = protocol;
      protocol.keepUnread();
      bytes.fill('x');
      assert.deepEqual(
        [request.method, request.target, request.path, request.authority, request.field('x-list')],
        ['GET', '/a?b', '/a?b', 'a.example:80', '1, , 3, 4'],
      );
      assert.equal(protocol.unreadBytes, 4);
    });

    test(`that is ${name} and kept holds no more than 4 KiB`, () => {
      const { request } = protocolWithRequest(`${text}${'x'.repeat(100_000)}`);
      request.retain();
      assert.ok(request.bytes.buffer.byteLength <= 4096);
    });
  }

  test('that came in pieces says the same when its bytes were copied away, and holds no memory but its own', () => {
    const protocol = newProtocol();
    const bytes = Buffer.from(`${REQUEST}${'x'.repeat(10_000)}`, 'latin1');
    protocol.receive(bytes.subarray(0, 5));
    assert.equal(protocol.nextEvent(), 'need-data');
    protocol.keepUnread();
    protocol.receive(bytes.subarray(5));
    assert.equal(protocol.nextEvent(), 'request');
    protocol.keepUnread();
    bytes.fill('x');
    const { request } = protocol;
    assert.ok(request.bytes.length > 4096);
    request.retain();
    request.retain();
    assert.equal(request.bytes.buffer.byteLength, REQUEST.length);
    assert.deepEqual([request.method, request.target, request.field('other')], ['GET', '/a?b', '\xe9']);
  });

  test('that was begun is known by its method when what it was read from is overwritten', () => {
    for (const isRefused of [false, true]) {
      const protocol = newProtocol();
      const bytes = Buffer.from(`HEAD /a HTTP/1.1\r\n${isRefused ? ' ' : 'Host'}`);
      protocol.receive(bytes);
      assert.equal(protocol.nextEvent(), isRefused ? 'reject' : 'need-data');
      protocol.keepUnread();
      bytes.fill('x');
      const answer = protocol.sendRejection(isRefused ? 'field-folded' : 'head-timeout', '');
      // No content behind the head, since that was a HEAD.
      assert.match(answer, /\r\n\r\n$/);
    }
  });

  test('behind another request says the same when its bytes were copied away', () => {
    const protocol = protocolWithRequest(`POST / HTTP/1.1\r\nHost: b\r\n\r\n${REQUEST}`);
    protocol.sendWhole({ status: 204, fields: [] }, undefined, '');
    protocol.startNext();
    assert.equal(protocol.nextEvent(), 'request');
    protocol.request.retain();
    assert.equal(protocol.request.target, '/a?b');
    assert.equal(protocol.request.field('host'), 'a.example:80');
  });

  test('that an app keeps is not changed by the next request', () => {
    const protocol = protocolWithRequest(`${REQUEST}PUT /c HTTP/1.1\r\nHost: c\r\n\r\n`);
    const kept = protocol.request;
    protocol.sendWhole({ status: 204, fields: [] }, undefined, '');
    protocol.startNext();
    assert.equal(protocol.nextEvent(), 'request');
    assert.notEqual(protocol.request, kept);
    assert.deepEqual([kept.method, kept.target, kept.authority], ['GET', '/a?b', 'a.example:80']);
    assert.deepEqual(
      [protocol.request.method, protocol.request.target, protocol.request.authority],
      ['PUT', '/c', 'c'],
    );
  });

  test('has the empty authority where HTTP/1.0 names none (RFC9112§3.3)', () => {
    assert.equal(protocolWithRequest('GET / HTTP/1.0\r\n\r\n').request.authority, '');
  });
});
