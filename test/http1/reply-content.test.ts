import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ReplyError } from '#http1/reply-head.ts';
import type { ServerProtocol } from '#http1/server-protocol.ts';
import { protocolWithRequest, TEST_DATE } from '../support/protocol-driver.ts';

function streaming(request: string, fields: string[] = []): ServerProtocol {
  const protocol = protocolWithRequest(request);
  protocol.sendHead({ status: 200, fields }, TEST_DATE);
  return protocol;
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

function text(parts: readonly Uint8Array[]): string {
  return Buffer.concat(parts).toString('latin1');
}

suite('chunked content', () => {
  test('is size, data and CRLF for each piece, and a last chunk (RFC9112§7.1)', () => {
    const protocol = streaming(GET);
    assert.equal(text(protocol.sendData(Buffer.from('hello'))), '5\r\nhello\r\n');
    assert.equal(text(protocol.sendData(Buffer.alloc(26, 'x'))), `1a\r\n${'x'.repeat(26)}\r\n`);
    assert.equal(text(protocol.sendEnd()), '0\r\n\r\n');
  });

  test('an empty piece is not sent: it would end the content (RFC9112§7.1)', () => {
    const protocol = streaming(GET);
    assert.equal(text(protocol.sendData(new Uint8Array(0))), '');
    assert.equal(text(protocol.sendEnd()), '0\r\n\r\n');
  });

  for (const size of [16_383, 16_384, 16_385, 1_048_576]) {
    test(`a piece of ${size} bytes is framed the same, joined or not (RFC9112§7.1)`, () => {
      const content = Buffer.alloc(size, 'abc');
      const sent = Buffer.concat(streaming(GET).sendData(content));
      const frame = Buffer.concat([Buffer.from(`${size.toString(16)}\r\n`), content, Buffer.from('\r\n')]);
      assert.ok(sent.equals(frame));
    });
  }

  test('a small piece is copied, so that its owner may use its array again', () => {
    const content = Buffer.from('hello');
    const parts = streaming(GET).sendData(content);
    content.fill('x');
    assert.equal(text(parts), '5\r\nhello\r\n');
  });

  test('is read back as it was sent', () => {
    const protocol = streaming(GET);
    const pieces = ['a', '\r\n', '0\r\n\r\n', 'x'.repeat(20_000)];
    const sent = [...pieces.flatMap((piece) => protocol.sendData(Buffer.from(piece))), ...protocol.sendEnd()];
    const reader = protocolWithRequest(
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${text(sent)}`,
    );
    let read = '';
    while (reader.nextEvent() === 'data') read += reader.chunk.toString('latin1');
    assert.equal(read, pieces.join(''));
    assert.equal(reader.requestState, 'complete');
  });
});

suite('content of a declared length', () => {
  test('is sent as it is (RFC9112§6.2)', () => {
    const protocol = streaming(GET, ['content-length', '5']);
    assert.equal(
      text([...protocol.sendData(Buffer.from('he')), ...protocol.sendData(Buffer.from('llo'))]),
      'hello',
    );
    assert.equal(text(protocol.sendEnd()), '');
    assert.equal(protocol.replyState, 'sent');
  });

  test('one byte more is refused: it would be read as the next reply', () => {
    const protocol = streaming(GET, ['content-length', '5']);
    protocol.sendData(Buffer.from('hello'));
    assert.throws(() => protocol.sendData(Buffer.from('!')), {
      name: 'ReplyError',
      message: /longer .* 5 bytes/,
    });
    assert.throws(() => streaming(GET, ['content-length', '0']).sendData(Buffer.from('x')), ReplyError);
  });

  test('one byte less is refused: the peer would wait for it', () => {
    const protocol = streaming(GET, ['content-length', '5']);
    protocol.sendData(Buffer.from('hell'));
    assert.throws(() => protocol.sendEnd(), { name: 'ReplyError', message: /4 of 5 bytes/ });
    assert.equal(protocol.replyState, 'streaming');
  });
});

suite('content that ends with the connection', () => {
  test('is sent as it is to an HTTP/1.0 peer (RFC9112§6.3)', () => {
    const protocol = streaming('GET / HTTP/1.0\r\n\r\n');
    assert.equal(text([...protocol.sendData(Buffer.from('hello')), ...protocol.sendEnd()]), 'hello');
    assert.equal(protocol.closesAfterReply, true);
  });
});
