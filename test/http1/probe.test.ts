import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ServerProtocol } from '#http1/server-protocol.ts';
import { protocolWithRequest, TEST_DATE } from '../support/protocol-driver.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

function streaming(request: string, ...fields: string[]): ServerProtocol {
  const protocol = protocolWithRequest(request);
  protocol.sendHead({ status: 200, fields }, TEST_DATE);
  return protocol;
}

function text(...parts: (string | Uint8Array)[]): string {
  return parts
    .map((part) => (typeof part === 'string' ? part : Buffer.from(part).toString('latin1')))
    .join('');
}

suite('a probe of the peer', () => {
  test('is an interim answer while none was begun, once (RFC9110§15.2)', () => {
    const protocol = protocolWithRequest(GET);
    assert.equal(text(protocol.sendProbe()), 'HTTP/1.1 100 Continue\r\n\r\n');
    assert.equal(text(protocol.sendProbe()), '');
    assert.match(text(protocol.sendWhole({ status: 200, fields: [] }, 'x', TEST_DATE)), /^HTTP\/1\.1 200 /);
    assert.equal(text(protocol.sendProbe()), '');
  });

  test('is never an interim answer to HTTP/1.0 (RFC9110§15.2)', () => {
    assert.equal(text(protocolWithRequest('GET / HTTP/1.0\r\n\r\n').sendProbe()), '');
  });

  test('is a leading zero of the next chunk size, which changes nothing (RFC9112§7.1)', () => {
    const protocol = streaming(GET);
    const sent = [
      ...protocol.sendData(Buffer.from('a')),
      protocol.sendProbe(),
      protocol.sendProbe(),
      ...protocol.sendData(Buffer.alloc(20_000, 'b')),
      ...protocol.sendEnd(),
    ];
    assert.match(text(...sent), /^1\r\na\r\n04e20\r\nb{20000}\r\n0\r\n\r\n$/);
  });

  test('is a leading zero of the last chunk where no other follows (RFC9112§7.1)', () => {
    const protocol = streaming(GET);
    assert.equal(text(protocol.sendProbe(), ...protocol.sendEnd()), '00\r\n\r\n');
  });

  test('leaves content whose cut could be taken for its end, until more of it comes (RFC9112§8)', () => {
    const protocol = streaming(GET);
    assert.equal(protocol.looksComplete, false);
    protocol.sendData(Buffer.from('a'));
    assert.equal(protocol.looksComplete, false);
    protocol.sendProbe();
    assert.equal(protocol.looksComplete, true);
    protocol.sendData(new Uint8Array(0));
    assert.equal(protocol.looksComplete, true);
    protocol.sendData(Buffer.from('b'));
    assert.equal(protocol.looksComplete, false);
    protocol.sendEnd();
    assert.equal(protocol.looksComplete, false);
  });

  test('or none: content up to the end of the connection always looks complete, framed content never (RFC9112§8)', () => {
    assert.equal(streaming('GET / HTTP/1.0\r\n\r\n').looksComplete, true);
    assert.equal(streaming(GET, 'content-length', '5').looksComplete, false);
    assert.equal(protocolWithRequest(GET).looksComplete, false);
  });

  test('is nothing where each byte counts (RFC9112§6.3)', () => {
    assert.equal(text(streaming(GET, 'content-length', '5').sendProbe()), '');
    assert.equal(text(streaming('GET / HTTP/1.0\r\n\r\n').sendProbe()), '');
    assert.equal(text(streaming('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n').sendProbe()), '');
  });
});
