import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ManagedThread } from '#threads/managed-thread.ts';
import { Recycler } from '#threads/recycler.ts';
import type { Replacement } from '#threads/supervisor.ts';

const LIMITS = { backoffMs: 1, maxBackoffMs: 2, maxDeaths: 1, withinMs: 60_000 };

function readyThread(index: number): ManagedThread {
  return { index, phase: 'ready' } as ManagedThread;
}

/** A recycler whose replacements end when, and as, the test says. */
class Bench {
  readonly begun: number[] = [];
  readonly recycler: Recycler;
  #finish: ((outcome: Replacement) => void) | undefined;
  #waiting: (() => void)[] = [];

  constructor(limits = LIMITS) {
    this.recycler = new Recycler({
      limits,
      replace: ({ index }) => {
        this.begun.push(index);
        for (const resolve of this.#waiting.splice(0)) resolve();
        return new Promise((resolve) => {
          this.#finish = resolve;
        });
      },
    });
  }

  finish(outcome: Replacement): void {
    this.#finish?.(outcome);
  }

  async untilBegun(count: number): Promise<void> {
    while (this.begun.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

/** Lets everything happen that needs no timer. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('threads are recycled one after the other', async () => {
  const bench = new Bench();
  bench.recycler.request(readyThread(0));
  bench.recycler.request(readyThread(1));
  await settle();
  assert.deepEqual(bench.begun, [0]);
  bench.finish('replaced');
  await settle();
  assert.deepEqual(bench.begun, [0, 1]);
});

test('a thread that has died meanwhile is left alone', async () => {
  const bench = new Bench();
  bench.recycler.request(readyThread(0));
  const dead = { index: 1, phase: 'ready' };
  bench.recycler.request(dead as ManagedThread);
  dead.phase = 'exited';
  bench.finish('replaced');
  await settle();
  assert.deepEqual(bench.begun, [0]);
});

test('a place that is recycled again soon waits for it, and holds no other up', async () => {
  const bench = new Bench({ ...LIMITS, backoffMs: 60_000, maxBackoffMs: 60_000 });
  bench.recycler.request(readyThread(0));
  bench.finish('replaced');
  await settle();
  bench.recycler.request(readyThread(0));
  await settle();
  assert.deepEqual(bench.begun, [0]);
  bench.recycler.request(readyThread(1));
  await settle();
  assert.deepEqual(bench.begun, [0, 1]);
});

test('where the replacement does not start it is tried again, and never given up', async () => {
  // The recycler's own timer does not keep the process alive; here something must.
  const alive = setInterval(() => undefined, 1000);
  const bench = new Bench();
  bench.recycler.request(readyThread(0));
  for (let tries = 1; tries <= 4; tries += 1) {
    await bench.untilBegun(tries);
    bench.finish('kept');
  }
  await bench.untilBegun(5);
  clearInterval(alive);
});
