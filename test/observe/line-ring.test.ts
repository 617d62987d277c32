import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LineBell, LineRing } from '#observe/line-ring.ts';

function ringOf(size: number): LineRing {
  return new LineRing(LineRing.allocate(size), new LineBell());
}

function textOf(pieces: readonly Uint8Array[]): string {
  return Buffer.concat(pieces).toString('latin1');
}

const ALL = Number.POSITIVE_INFINITY;

suite('a ring of lines', () => {
  test('gives what was put in, in order, across its end and from the side of another thread', () => {
    const ring = ringOf(16);
    const otherSide = new LineRing(ring.memory, new LineBell());
    let taken = '';
    let added = '';
    for (let n = 0; n < 1000; n += 1) {
      const line = `${'abcdefghij'.slice(0, n % 9)}\n`;
      otherSide.add(line);
      added += line;
      const pieces = ring.readable(ALL);
      taken += textOf(pieces);
      assert.equal(ring.take(Buffer.concat(pieces).length), true);
      assert.equal(ring.isEmpty, true);
    }
    assert.equal(taken, added);
    assert.equal(ring.takeDropped(), 0);
  });

  test('drops a line that finds no room, whole, and counts it', () => {
    const ring = ringOf(16);
    for (const line of ['123456\n', '1234567\n', 'x\n', '\n', '12345678901234567\n']) ring.add(line);
    assert.equal(textOf(ring.readable(ALL)), '123456\n1234567\n\n');
    assert.equal(ring.takeDropped(), 2);
    assert.equal(ring.takeDropped(), 0);
    ring.take(7);
    ring.add('x\n');
    assert.equal(textOf(ring.readable(ALL)), '1234567\n\nx\n');
  });

  test('gives no more than is asked for, up to the end of a line, and one line at least', () => {
    // From each place in the ring, so that its end lies anywhere in the lines.
    for (let shift = 0; shift < 32; shift += 1) {
      const ring = ringOf(32);
      for (let n = 0; n < shift; n += 1) {
        ring.add('\n');
        ring.take(1);
      }
      for (const line of ['12345\n', '123\n', '1234567890\n']) ring.add(line);
      const given = [1, 5, 6, 9, 10, 11, 20, 21, 22].map((most) => textOf(ring.readable(most)).length);
      assert.deepEqual(given, [6, 6, 6, 6, 10, 10, 10, 21, 21], `shift ${shift}`);
      ring.take(10);
      assert.equal(textOf(ring.readable(4)), '1234567890\n');
      assert.equal(ring.take(4), false);
      assert.equal(ring.take(7), true);
    }
  });

  test('rings once until somebody has looked', async () => {
    const bell = new LineBell();
    const ring = new LineRing(LineRing.allocate(16), new LineBell(bell.memory));
    const first = bell.rung();
    ring.add('a\n');
    await first;
    await bell.rung();
    bell.reset();
    const second = bell.rung();
    ring.add('b\n');
    await second;
  });
});
