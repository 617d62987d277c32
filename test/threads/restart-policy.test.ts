import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeathRecord, decideRestart, NO_DEATHS, RESTART_LIMITS } from '#threads/restart-policy.ts';

/** Feeds deaths at the given times to the policy; the delays it asks for, or 'give-up'. */
function decisions(
  times: readonly number[],
  readyForMs = 0,
  limits = RESTART_LIMITS,
): (number | 'give-up')[] {
  let record: DeathRecord = NO_DEATHS;
  return times.map((time) => {
    const decision = decideRestart(record, time, readyForMs, limits);
    record = decision.record;
    return decision.next === 'restart' ? decision.delayMs : 'give-up';
  });
}

test('the wait before a restart starts at 100 ms and doubles', () => {
  assert.deepEqual(decisions([0, 1000, 2000, 3000]), [100, 200, 400, 800]);
});

test('the wait never exceeds ten seconds', () => {
  const slowDeaths = Array.from({ length: 10 }, (_, at) => at * 29_000);
  assert.deepEqual(decisions(slowDeaths), [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000]);
});

test('the fifth death within thirty seconds gives the thread up', () => {
  assert.deepEqual(decisions([0, 7_000, 14_000, 21_000, 29_999]).at(-1), 'give-up');
});

test('a fifth death thirty seconds after the first does not give the thread up', () => {
  assert.equal(decisions([0, 7_000, 14_000, 21_000, 30_000]).at(-1), 1600);
});

test('a thread that was ready for thirty seconds has run well: its earlier deaths are forgotten', () => {
  let record: DeathRecord = NO_DEATHS;
  for (const time of [0, 1, 2, 3]) record = decideRestart(record, time, 0).record;
  const decision = decideRestart(record, 4, RESTART_LIMITS.withinMs);
  assert.deepEqual(decision, { next: 'restart', delayMs: 100, record: { streak: 1, recent: [4] } });
});

test('a thread that was ready for less than that keeps its deaths', () => {
  let record: DeathRecord = NO_DEATHS;
  for (const time of [0, 1, 2, 3]) record = decideRestart(record, time, 0).record;
  assert.equal(decideRestart(record, 4, RESTART_LIMITS.withinMs - 1).next, 'give-up');
});

test('the limits are the caller to choose', () => {
  const limits = { backoffMs: 1, maxBackoffMs: 2, maxDeaths: 4, withinMs: 10 };
  assert.deepEqual(decisions([0, 1, 2, 3], 0, limits), [1, 2, 2, 'give-up']);
});
