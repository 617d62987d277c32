import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { intervalOf } from '../../bench/suite/against.ts';
import { median } from '../../bench/suite/measure.ts';

suite('what a comparison of two revisions says', () => {
  test('is everything with fewer than six pairs', () => {
    assert.deepEqual(intervalOf([1, 2, 3, 4, 5]), [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  test('is the span of six pairs, and a narrower one of more (binomial distribution)', () => {
    const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1).reverse();
    assert.deepEqual(intervalOf(upTo(6)), [1, 6]);
    assert.deepEqual(intervalOf(upTo(9)), [2, 8]);
    assert.deepEqual(intervalOf(upTo(15)), [4, 12]);
    assert.deepEqual(intervalOf(upTo(20)), [6, 15]);
  });

  test('holds the true median in 95 of 100 runs', () => {
    let state = 7;
    const random = () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state / 2 ** 32;
    };
    const runs = 4000;
    let held = 0;
    for (let run = 0; run < runs; run += 1) {
      // Skewed: its median is the natural logarithm of 2.
      const [low, high] = intervalOf(Array.from({ length: 11 }, () => -Math.log(1 - random())));
      if (low <= Math.LN2 && Math.LN2 <= high) held += 1;
    }
    assert.ok(held / runs >= 0.95, `${held} of ${runs}`);
  });

  test('has the middle of an even number between two', () => assert.equal(median([4, 1, 3, 2]), 2.5));
});
