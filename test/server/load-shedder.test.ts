import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LoadShedder } from '#server/load-shedder.ts';

/** What becomes of requests that come in passes of a loop, one letter each: `a` accepted, `s` shed. */
function passes(lagMs: number, workMs: number, ...counts: number[]): string[] {
  let now = 0;
  const shedder = new LoadShedder(lagMs, now);
  return counts.map((count) => {
    now += shedder.periodMs;
    shedder.look(now);
    let fates = '';
    for (let request = 0; request < count; request += 1) {
      const isLate = shedder.isLate(now);
      fates += isLate ? 's' : 'a';
      if (!isLate) now += workMs;
    }
    return fates;
  });
}

describe('requests that come too late', () => {
  test('are shed behind those that took as long as the loop may lag, in each pass', () => {
    // A period is 25 ms. Ten requests are accepted within 100 ms and that; then half of it.
    assert.deepEqual(passes(100, 10, 20, 20), [
      'a'.repeat(13) + 's'.repeat(7),
      'a'.repeat(8) + 's'.repeat(12),
    ]);
  });

  test('are shed at half of the lag until a pass was short and shed nothing', () => {
    const [, ...fates] = passes(100, 10, 20, 10, 3, 3, 13);
    // Two are shed; then none, but the pass before was long; then it is over.
    assert.deepEqual(fates, ['aaaaaaaass', 'aaa', 'aaa', 'a'.repeat(13)]);
  });

  test('are shed where each pass has found a connection for as long as the loop may lag, until one does not', () => {
    const shedder = new LoadShedder(100, 0);
    const isLateAt = (now: number): boolean => {
      shedder.look(now);
      return shedder.isLate(now);
    };
    shedder.beginQueue(0);
    assert.deepEqual([20, 60, 100, 101, 102].map(isLateAt), [false, false, false, true, true]);
    shedder.endQueue();
    assert.equal(isLateAt(103), false);
    // A pass without a shed request is over: the whole lag is allowed again.
    assert.equal(isLateAt(104), false);
    shedder.beginQueue(105);
    assert.deepEqual([160, 205, 206].map(isLateAt), [false, false, true]);
  });

  test('are none where the loop comes round, however many there are', () => {
    assert.deepEqual(passes(100, 0, 1000), ['a'.repeat(1000)]);
  });

  test('are never all: the first of a pass is answered, however long each takes', () => {
    assert.deepEqual(passes(50, 1000, 3, 3, 3), ['ass', 'ass', 'ass']);
  });

  test('are looked for often enough for a short lag, and not too often for a long one', () => {
    assert.deepEqual(
      [1, 20, 60_000].map((lagMs) => new LoadShedder(lagMs, 0).periodMs),
      [2, 5, 25],
    );
  });
});
