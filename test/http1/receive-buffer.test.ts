import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FieldSection, NEED_DATA } from '#http1/field-section.ts';
import { HeadReader } from '#http1/head-reader.ts';
import { ReceiveBuffer } from '#http1/receive-buffer.ts';
import { RequestHead } from '#http1/request-head.ts';
import { newProtocol, TEST_LIMITS } from '../support/protocol-driver.ts';

function unread(buffer: ReceiveBuffer): string {
  return buffer.bytes.toString('latin1', buffer.start, buffer.end);
}

suite('the receive buffer', () => {
  test('uses a chunk that meets nothing unread as it is', () => {
    const buffer = new ReceiveBuffer();
    const chunk = Buffer.from('hello');
    buffer.append(chunk);
    assert.equal(buffer.bytes, chunk);
    buffer.start = buffer.end;
    const next = Buffer.from('again');
    buffer.append(next);
    assert.equal(buffer.bytes, next);
    assert.equal(unread(buffer), 'again');
  });

  test('joins a chunk to what is unread', () => {
    const buffer = new ReceiveBuffer();
    for (const part of ['abc', 'def', 'g'.repeat(3000), 'h']) buffer.append(Buffer.from(part));
    buffer.start += 2;
    buffer.append(Buffer.from('i'));
    assert.equal(unread(buffer), `cdef${'g'.repeat(3000)}hi`);
    assert.equal(buffer.length, 3006);
  });

  test('never writes into bytes that were handed out, nor behind what is lent', () => {
    const buffer = new ReceiveBuffer();
    const slab = Buffer.from('ab______');
    buffer.append(slab, 2);
    buffer.append(Buffer.from('cd'));
    assert.equal(slab.toString(), 'ab______');
    const handedOut = buffer.bytes.subarray(buffer.start, buffer.start + 3);
    buffer.start += 3;
    for (let time = 0; time < 2000; time += 1) buffer.append(Buffer.from('xy'));
    assert.equal(handedOut.toString(), 'abc');
  });

  test('keeps what is unread when what is lent is overwritten, and holds nothing where all was read', () => {
    const buffer = new ReceiveBuffer();
    const lent = Buffer.from('abcdefgh');
    buffer.append(lent, 4);
    buffer.start = 1;
    buffer.keep();
    lent.fill('x');
    assert.equal(unread(buffer), 'bcd');
    const { bytes } = buffer;
    buffer.keep();
    assert.equal(buffer.bytes, bytes);
    buffer.start = buffer.end;
    buffer.append(lent, 2);
    buffer.start = 2;
    buffer.keep();
    assert.equal(buffer.bytes.length, 0);
  });

  test('gives all that is unread in an array of its own', () => {
    const buffer = new ReceiveBuffer();
    const lent = Buffer.from('abcd');
    buffer.append(lent, 3);
    const taken = buffer.takeAll();
    lent.fill('x');
    assert.equal(taken.toString(), 'abc');
  });

  test('is empty when all was taken', () => {
    const buffer = new ReceiveBuffer();
    buffer.append(Buffer.from('ab'));
    buffer.start = 1;
    assert.equal(buffer.takeAll().toString(), 'b');
    assert.equal(buffer.length, 0);
    buffer.append(Buffer.from('c'));
    assert.equal(unread(buffer), 'c');
  });

  test('moves its bytes a few times only when they come one by one', () => {
    const buffer = new ReceiveBuffer();
    const arrays = new Set<Buffer>();
    for (let count = 0; count < 65_536; count += 1) {
      buffer.append(Buffer.of(0x61));
      arrays.add(buffer.bytes);
    }
    assert.equal(buffer.length, 65_536);
    assert.ok(arrays.size <= 9, `${arrays.size} arrays`);
  });

  test('does not grow while what comes is taken', () => {
    const protocol = newProtocol();
    protocol.receive(Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'));
    assert.equal(protocol.nextEvent(), 'request');
    for (let count = 0; count < 1000; count += 1) {
      protocol.receive(Buffer.from('1\r\nx\r\n1'));
      while (protocol.nextEvent() === 'data');
      assert.equal(protocol.unreadBytes, 0);
      protocol.receive(Buffer.from('\r\nx\r\n'));
      while (protocol.nextEvent() === 'data');
      assert.equal(protocol.unreadBytes, 0);
    }
  });
});

/** An array that counts how often its elements are read. */
function counting(text: string): { bytes: Buffer; reads: () => number } {
  let reads = 0;
  const bytes = new Proxy(Buffer.from(text, 'latin1'), {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) reads += 1;
      return Reflect.get(target, key);
    },
  });
  return { bytes, reads: () => reads };
}

suite('the work that bytes make', () => {
  /** Each of these keeps a reader inside one rule for a long time. */
  const SECTIONS: Readonly<Record<string, string>> = {
    'many lines': 'a: b\r\n'.repeat(500),
    'a long name': 'a'.repeat(3000),
    'a long value': `a: ${'b '.repeat(1500)}`,
    'whitespace in front of a value': `a:${' '.repeat(3000)}`,
    'whitespace behind values': `a: b${' '.repeat(1000)}\r\n`.repeat(3),
  };
  for (const [name, text] of Object.entries(SECTIONS)) {
    test(`a field section of ${name} is looked at once, however it is cut`, () => {
      const { bytes, reads } = counting(text);
      const section = new FieldSection();
      for (let stop = 1; stop <= text.length; stop += 1) {
        assert.equal(section.read(bytes, 0, stop, 1000), NEED_DATA);
      }
      assert.ok(reads() <= 5 * text.length, `${reads()} reads of ${text.length} bytes`);
    });
  }

  const HEADS: Readonly<Record<string, string>> = {
    'a long target': `GET /${'a'.repeat(4000)}`,
    'a query of backslashes': `GET /?${'\\'.repeat(4000)}`,
    'a long path and backslashes in its query': `GET /${'a'.repeat(2000)}?${'\\'.repeat(2000)}`,
  };
  for (const [name, text] of Object.entries(HEADS)) {
    test(`a request line of ${name} is looked at once, however it is cut`, () => {
      const { bytes, reads } = counting(text);
      const limits = { ...TEST_LIMITS, maxHeadBytes: 10_000, maxTargetBytes: 10_000 };
      const reader = new HeadReader(limits, { newHead: () => new RequestHead() });
      const buffer = new ReceiveBuffer();
      buffer.bytes = bytes;
      for (let end = 1; end <= text.length; end += 1) {
        buffer.end = end;
        assert.equal(reader.read(buffer), 'need-data');
      }
      assert.ok(reads() <= 6 * text.length, `${reads()} reads of ${text.length} bytes`);
    });
  }
});
