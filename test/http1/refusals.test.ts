import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { REJECTIONS, type RejectionCode } from '#http1/rejection.ts';
import { reasonPhrase } from '#semantics/status.ts';
import { newProtocol, protocolWithRequest, TEST_DATE } from '../support/protocol-driver.ts';

/** An engine that has refused the bytes. */
function refusing(bytes: string) {
  const protocol = newProtocol();
  protocol.receive(Buffer.from(bytes, 'latin1'));
  while (protocol.nextEvent() !== 'reject');
  return protocol;
}

suite('the table of refusals', () => {
  for (const [code, { status, section, reason }] of Object.entries(REJECTIONS)) {
    test(`${code} has an error status with a name, a section and a reason`, () => {
      assert.ok(status >= 400 && status <= 599 && reasonPhrase(status) !== '', `${status}`);
      assert.match(section, /^RFC\d{4}§\d+(\.\d+)*$/);
      assert.match(reason, /^[^\n]+[^.\n]$/);
    });
  }

  test('the statuses are those that the RFCs ask for (RFC9112§3, §3.2, §5.1, §5.2, §6.1, §6.3)', () => {
    const others: Readonly<Partial<Record<RejectionCode, number>>> = {
      'http2-preface': 505,
      'method-too-long': 501,
      'target-too-long': 414,
      'target-insecure': 421,
      'version-unsupported': 505,
      'head-too-large': 431,
      'fields-too-many': 431,
      'coding-unknown': 501,
      'length-too-large': 413,
      'expectation-unknown': 417,
      'method-not-implemented': 501,
      'chunk-size-too-large': 413,
      'trailers-too-large': 431,
      'head-timeout': 408,
      'body-timeout': 408,
    };
    for (const code of Object.keys(REJECTIONS) as RejectionCode[]) {
      assert.equal(REJECTIONS[code].status, others[code] ?? 400, code);
    }
  });
});

suite('the answer to refused bytes', () => {
  test('has status, date, close and the reason phrase as text (RFC9112§9.6)', () => {
    const protocol = refusing('GET / HTTP/1.1\r\n\r\n');
    assert.equal(
      protocol.sendRejection('host-missing', TEST_DATE),
      'HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain;charset=UTF-8\r\n' +
        `date: ${TEST_DATE}\r\ncontent-length: 16\r\nconnection: close\r\n\r\n400 Bad Request\n`,
    );
    assert.equal(protocol.replyState, 'sent');
  });

  test('a 505 says what is spoken here (RFC9110§15.6.6)', () => {
    const answer = refusing('GET / HTTP/2.0\r\n').sendRejection('version-unsupported', TEST_DATE);
    assert.match(answer, /\r\n\r\n505 HTTP Version Not Supported\nThis server speaks HTTP\/1\.1\.\n$/);
  });

  const REFUSED_HEADS: Readonly<Record<string, [RejectionCode, string]>> = {
    'judged as a whole': ['host-missing', 'HEAD / HTTP/1.1\r\n\r\n'],
    'refused in its fields': ['field-name-invalid', 'HEAD / HTTP/1.1\r\nHost\r\n'],
    'refused in its request line': ['version-invalid', 'HEAD / HTTP/x'],
  };
  for (const [which, [code, bytes]] of Object.entries(REFUSED_HEADS)) {
    test(`the answer to a HEAD ${which} has no content (RFC9110§9.3.2)`, () => {
      const protocol = refusing(bytes);
      assert.equal(protocol.rejection, code);
      assert.match(
        protocol.sendRejection(code, TEST_DATE),
        /content-length: 16\r\nconnection: close\r\n\r\n$/,
      );
    });
  }

  test('the answer to a HEAD that came byte by byte has no content (RFC9110§9.3.2)', () => {
    const protocol = newProtocol();
    for (const byte of Buffer.from('\r\nHEAD / HTTP/1.1\r\nHost')) {
      protocol.receive(Buffer.of(byte));
      assert.equal(protocol.nextEvent(), 'need-data');
    }
    assert.match(protocol.sendRejection('head-timeout', TEST_DATE), /^HTTP\/1.1 408 .*\r\n\r\n$/s);
  });

  test('the answer to a HEAD whose body is refused has no content (RFC9110§9.3.2)', () => {
    const protocol = refusing('HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx');
    assert.match(protocol.sendRejection('chunk-size-invalid', TEST_DATE), /\r\n\r\n$/);
  });

  test('a HEAD before does not take the content from the answer to bytes behind it', () => {
    const protocol = protocolWithRequest('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n@');
    protocol.sendWhole({ status: 200, fields: [] }, 'x', TEST_DATE);
    protocol.startNext();
    assert.equal(protocol.nextEvent(), 'reject');
    assert.match(protocol.sendRejection('method-invalid', TEST_DATE), /\r\n\r\n400 Bad Request\n$/);
  });

  test('nothing is read behind a refusal (RFC9112§9.3)', () => {
    const protocol = refusing('@\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n');
    protocol.receive(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
    assert.equal(protocol.nextEvent(), 'closed');
    assert.equal(protocol.unreadBytes, 0);
    assert.equal(protocol.closesAfterReply, true);
  });

  test('a refused body may still be the answer while none was begun', () => {
    const protocol = refusing('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx');
    assert.equal(protocol.replyState, 'due');
    protocol.sendRejection('chunk-size-invalid', TEST_DATE);
    assert.equal(protocol.replyState, 'sent');
  });

  test('a deadline may refuse between two requests and inside a head', () => {
    for (const bytes of ['', 'GET / HT']) {
      const protocol = newProtocol();
      protocol.receive(Buffer.from(bytes));
      assert.equal(protocol.nextEvent(), 'need-data');
      assert.match(protocol.sendRejection('head-timeout', TEST_DATE), /^HTTP\/1.1 408 Request Timeout\r\n/);
      assert.equal(protocol.nextEvent(), 'closed');
    }
  });

  test('a begun reply cannot be followed by a refusal: the peer would read it as content', () => {
    const protocol = protocolWithRequest('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n');
    protocol.sendHead({ status: 200, fields: [] }, TEST_DATE);
    protocol.receiveEnd();
    assert.equal(protocol.nextEvent(), 'reject');
    assert.throws(
      () => protocol.sendRejection('body-incomplete', TEST_DATE),
      /streaming cannot take "refusal"/,
    );
  });
});
