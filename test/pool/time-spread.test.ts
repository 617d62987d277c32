import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TimeSpread } from '#pool/time-spread.ts';

test('a spread tells how many there were, and how long they took, to 1 %', () => {
  const spread = new TimeSpread();
  assert.deepEqual(spread.read(), { count: 0, mean: 0, p50: 0, p90: 0, p99: 0, max: 0 });
  for (let ms = 1; ms <= 1000; ms += 1) spread.note(ms);
  const { count, ...times } = spread.read();
  assert.equal(count, 1000);
  const expected = { mean: 500.5, p50: 500, p90: 900, p99: 990, max: 1000 };
  for (const [name, ms] of Object.entries(expected)) {
    const measured = times[name as keyof typeof times];
    assert.ok(Math.abs(measured - ms) <= ms * 0.01, `${name}: ${measured}`);
  }
});

test('no time is too short or too long for it', () => {
  const spread = new TimeSpread();
  spread.note(0);
  spread.note(Number.MAX_SAFE_INTEGER);
  const { count, max } = spread.read();
  assert.equal(count, 2);
  assert.ok(Math.abs(max - 3_600_000) <= 36_000, String(max));
});
