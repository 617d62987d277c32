import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ThreadPool } from '#pool/thread-pool.ts';
import { Gate } from './fixtures/gate.ts';

type Tasks = typeof import('./fixtures/tasks.ts');
const tasks = new URL('./fixtures/tasks.ts', import.meta.url);

test('utilisation is the share of time in which workers ran jobs, the one that runs now included', async () => {
  const madeAt = performance.now();
  await using pool = new ThreadPool<Tasks>({ tasks, size: 2 });
  assert.deepEqual(
    { busyMs: pool.stats.busyMs, utilisation: pool.stats.utilisation },
    { busyMs: 0, utilisation: 0 },
  );

  const gate = new Gate();
  const running = pool.execute('passGate', [gate.buffer]);
  await gate.hasArrived(1);
  const earlier = pool.stats;
  while (performance.now() < madeAt + 20);
  const later = pool.stats;
  assert.ok(later.busyMs > earlier.busyMs, 'a job that runs counts for as long as it has run');
  // One of two workers was busy, and not from the start.
  assert.ok(later.utilisation > 0 && later.utilisation < 0.5, String(later.utilisation));

  gate.open();
  await running;
  const { busyMs, run } = pool.stats;
  assert.ok(Math.abs(busyMs - run.max) <= run.max * 0.01, `${busyMs} ms, and the one job took ${run.max}`);
  assert.equal(pool.stats.busyMs, busyMs, 'an idle worker counts no more');
});

test('the time of a job that took its worker down counts', async () => {
  await using pool = new ThreadPool(1);
  const burnAndLeave = (ms: number): void => {
    for (const end = performance.now() + ms; performance.now() < end; );
    process.exit(1);
  };
  await assert.rejects(pool.execute(burnAndLeave, [20]), { code: 'ERR_HEDDLE_POOL_WORKER_DIED' });
  assert.ok(pool.stats.busyMs >= 20, String(pool.stats.busyMs));
});
