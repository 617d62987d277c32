import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { AddressCounts } from '#net/address-counts.ts';
import { randomNumbers } from '../support/random-numbers.ts';

const KEY = { high: -1, low: 1 };

/** What hammering threads are told. */
export interface HammerOrder {
  readonly buffer: SharedArrayBuffer;
  readonly place: number;
  readonly most: number;
  /** Shared words: go, how many are in, the most that ever were, how often one came in. */
  readonly words: SharedArrayBuffer;
  readonly rounds: number;
}

describe('connections by client', () => {
  test('are counted over all places, up to the limit', () => {
    const buffer = AddressCounts.allocate(3, 10, 7);
    const counts = [0, 1, 2].map((place) => new AddressCounts(buffer, place));
    for (const one of counts) assert.equal(one.enter(KEY, 3), 'counted');
    for (const one of counts) assert.equal(one.enter(KEY, 3), 'refused');
    counts[1]?.leave(KEY);
    assert.equal(counts[0]?.enter(KEY, 3), 'counted');
    assert.equal(counts[2]?.enter({ high: 0, low: 0 }, 3), 'counted');
    assert.equal(counts[2]?.count(KEY), 3);
  });

  test('of a thread that has died are forgotten, and no others', () => {
    const buffer = AddressCounts.allocate(2, 10, 7);
    const [dead, alive] = [new AddressCounts(buffer, 0), new AddressCounts(buffer, 1)];
    for (let count = 0; count < 5; count += 1) dead.enter(KEY, 9);
    alive.enter(KEY, 9);
    new AddressCounts(buffer, 0).clear();
    assert.equal(alive.count(KEY), 1);
    assert.equal(new AddressCounts(buffer, 0).enter(KEY, 2), 'counted');
    assert.equal(alive.enter(KEY, 2), 'refused');
  });

  test('of a thread that has died while it moved slots do not hold others up for long', () => {
    const buffer = AddressCounts.allocate(2, 10, 7);
    const dead = new AddressCounts(buffer, 0);
    dead.enter(KEY, 9);
    // As in the middle of a removal: the version is odd, and will not change.
    Atomics.add(new Int32Array(buffer), 4, 1);
    assert.equal(new AddressCounts(buffer, 1).enter(KEY, 1), 'counted');
    dead.clear();
    assert.equal(new AddressCounts(buffer, 1).count(KEY), 1);
  });

  test('above what a place has room for are not counted, and not refused for that', () => {
    const counts = new AddressCounts(AddressCounts.allocate(1, 2, 7), 0);
    const entries = [1, 2, 3, 4, 5].map((low) => counts.enter({ high: -1, low }, 1));
    assert.deepEqual(entries, ['counted', 'counted', 'counted', 'uncounted', 'uncounted']);
    assert.equal(counts.count({ high: -1, low: 5 }), 0);
  });

  test('are those of a plain map, whatever comes and goes', () => {
    const random = randomNumbers(42);
    const counts = new AddressCounts(AddressCounts.allocate(1, 32, 3), 0);
    const model = new Map<number, number>();
    for (let step = 0; step < 50_000; step += 1) {
      const low = random(90);
      const have = model.get(low) ?? 0;
      if (random(2) === 0) {
        const entry = counts.enter({ high: 1, low }, 3);
        const isFull = have === 0 && [...model.values()].filter((count) => count > 0).length === 63;
        assert.equal(entry, have >= 3 ? 'refused' : isFull ? 'uncounted' : 'counted');
        if (entry === 'counted') model.set(low, have + 1);
      } else if (have > 0) {
        counts.leave({ high: 1, low });
        model.set(low, have - 1);
      }
      if (step % 100 !== 0) continue;
      for (const [low, count] of model) assert.equal(counts.count({ high: 1, low }), count, `step ${step}`);
    }
  });

  test('are never more than the limit, while threads come and go at once, and all come in', async () => {
    const most = 3;
    const rounds = 20_000;
    const buffer = AddressCounts.allocate(2, 16, 7);
    const words = new SharedArrayBuffer(16);
    const threads = [0, 1].map(
      (place) =>
        new Worker(new URL('address-hammer.ts', import.meta.url), {
          workerData: { buffer, place, most, words, rounds } satisfies HammerOrder,
        }),
    );
    await Promise.all(threads.map((thread) => once(thread, 'exit')));
    const [, within, highest = 0, entries] = new Int32Array(words);
    assert.equal(within, 0);
    assert.ok(highest > 0 && highest <= most, `${highest} at once`);
    assert.equal(new AddressCounts(buffer, 0).count(KEY), 0);
    assert.ok(entries !== undefined && entries > rounds / 4, `${entries} came in`);
  });
});
