import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CollectedContent } from '#net/collected-content.ts';

/** Bytes that differ from their neighbours. */
function someBytes(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, at) => (at * 7) % 251));
}

function collect(content: Buffer, partBytes: number, length: number | undefined): Uint8Array {
  const collected = new CollectedContent(length);
  const lent = Buffer.alloc(partBytes);
  for (let at = 0; at < content.length; at += partBytes) {
    const part = content.subarray(at, at + partBytes);
    part.copy(lent);
    collected.add(lent.subarray(0, part.length));
    lent.fill(0);
  }
  assert.equal(collected.size, content.length);
  return collected.take();
}

suite('content that is wanted whole', () => {
  for (const size of [0, 1, 200, 4096, 100_000, 1_048_576, 3_000_000]) {
    for (const partBytes of [1000, 65_536]) {
      test(`of ${size} bytes, in parts of ${partBytes}, is what came, though each part was overwritten`, () => {
        const content = someBytes(size);
        assert.ok(content.equals(collect(content, partBytes, size)));
        assert.ok(content.equals(collect(content, partBytes, undefined)));
      });
    }
  }

  test('of a length that is known is in an array of its own, from 4 KiB on', () => {
    for (const size of [4096, 65_536, 2_000_000]) {
      const whole = collect(someBytes(size), 65_536, size);
      assert.equal(whole.buffer.byteLength, size);
    }
  });

  test('takes no memory for a length that is only promised', () => {
    const before = process.memoryUsage().arrayBuffers;
    const promised = Array.from({ length: 100 }, () => new CollectedContent(1_000_000_000));
    for (const content of promised) content.add(Buffer.from('x'));
    assert.ok(process.memoryUsage().arrayBuffers - before <= 101 * 1_048_576);
    assert.equal(promised[99]?.take().length, 1);
  });
});
