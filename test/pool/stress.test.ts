import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gate } from './fixtures/gate.ts';
import { SenderSet } from './fixtures/sender-set.ts';

const WORKERS = 3;
const SENDERS = 3;
const JOBS = 600;

/** A small generator of random numbers below 1, so that a failure can be had again. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What becomes of a job: mostly nothing bad. */
function runOne(set: SenderSet, sender: number, chance: number, value: number): Promise<unknown> {
  if (chance < 0.02) return set.run(sender, 'leave', [1]);
  if (chance < 0.03) return set.run(sender, 'throwElsewhere');
  if (chance < 0.04) return set.run(sender, 'spin', [new Gate().buffer], { timeoutMs: 5 });
  if (chance < 0.1) return set.run(sender, 'fail');
  if (chance < 0.4) return set.run(sender, 'later', [value]);
  return set.run(sender, 'double', [value]);
}

const EXPECTED = new Set([
  'E_QUOTA',
  'SENDER_DIED',
  'ERR_HEDDLE_POOL_WORKER_DIED',
  'ERR_HEDDLE_POOL_JOB_TIMEOUT',
]);

for (const seed of [1, 2]) {
  test(`whoever dies at random, every job is settled and every pool thread is free again (seed ${seed})`, async () => {
    await using set = await new SenderSet(WORKERS, SENDERS).start();
    const random = randomFrom(seed);
    const settled: Promise<PromiseSettledResult<unknown>[]>[] = [];
    for (let at = 0; at < JOBS; at += 1) {
      const sender = Math.floor(random() * SENDERS);
      settled.push(Promise.allSettled([runOne(set, sender, random(), at)]));
      if (random() < 0.01) await set.kill(Math.floor(random() * SENDERS));
      if (random() < 0.05) await set.ping(Math.floor(random() * SENDERS));
    }
    for (const [outcome] of await Promise.all(settled)) {
      if (outcome?.status === 'rejected')
        assert.ok(EXPECTED.has(outcome.reason.code), String(outcome.reason.code));
    }
    for (let sender = 0; sender < SENDERS; sender += 1) await set.fill(sender, WORKERS);
  });
}
