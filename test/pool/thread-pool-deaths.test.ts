import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ThreadPool } from '#pool/thread-pool.ts';
import { countsOf } from './fixtures/counts.ts';
import { Gate } from './fixtures/gate.ts';

type Tasks = typeof import('./fixtures/tasks.ts');
const tasks = new URL('./fixtures/tasks.ts', import.meta.url);
const resourceLimits = { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 };

function assertDied(error: unknown, cause: RegExp): void {
  assert.ok(error instanceof Error);
  assert.equal((error as NodeJS.ErrnoException).code, 'ERR_HEDDLE_POOL_WORKER_DIED');
  assert.ok(error.cause instanceof Error);
  assert.match(error.cause.message, cause);
}

const DEATHS = [
  { what: 'calls process.exit()', job: 'leave', args: [7], cause: /exit code 7/ },
  { what: 'exhausts the heap', job: 'exhaustHeap', args: [], cause: /memory limit|out of memory/ },
  { what: 'leaves a rejection unhandled', job: 'rejectElsewhere', args: [], cause: /^rejected elsewhere$/ },
  { what: 'throws from a callback', job: 'throwElsewhere', args: [], cause: /^thrown elsewhere$/ },
] as const;

for (const { what, job, args, cause } of DEATHS) {
  test(`a job that ${what} rejects with ERR_HEDDLE_POOL_WORKER_DIED, and its worker is replaced`, async () => {
    await using pool = new ThreadPool<Tasks>({ tasks, size: 1, resourceLimits });
    const before = await pool.execute('thread');
    const died = pool.execute(job as 'leave', args as never);
    const next = pool.execute('thread');
    assertDied(await died.catch((thrown: unknown) => thrown), cause);
    assert.notEqual(await next, before);
    assert.deepEqual(countsOf(pool.stats), { size: 1, queued: 0, running: 0, completed: 2, failed: 1 });
  });
}

test('a worker that dies takes only its own job with it', async () => {
  await using pool = new ThreadPool<Tasks>({ tasks, size: 3 });
  const gate = new Gate();
  const neighbours = [pool.execute('passGate', [gate.buffer]), pool.execute('passGate', [gate.buffer])];
  await gate.hasArrived(2);
  await assert.rejects(pool.execute('leave', [1]), { code: 'ERR_HEDDLE_POOL_WORKER_DIED' });
  gate.open();
  assert.equal((await Promise.all(neighbours)).length, 2);
});

test('jobs that kill their worker never cost the pool its size, however many there are', async () => {
  await using pool = new ThreadPool<Tasks>({ tasks, size: 2 });
  const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => pool.execute('leave', [1])));
  assert.ok(outcomes.every((outcome) => outcome.status === 'rejected'));
  const gate = new Gate();
  const jobs = [pool.execute('passGate', [gate.buffer]), pool.execute('passGate', [gate.buffer])];
  await gate.hasArrived(2);
  gate.open();
  await Promise.all(jobs);
});

/** Its answer is sent when it returns; the thread ends in the same turn of its event loop. */
function returnThenLeave(value: number): number {
  process.nextTick(() => process.exit(0));
  return value;
}

test('a result that was sent before its worker died counts', async () => {
  await using pool = new ThreadPool(1);
  assert.equal(await pool.execute(returnThenLeave, [7]), 7);
});

test('workers that die of what jobs left behind never cost the pool its size', async () => {
  await using pool = new ThreadPool(1);
  for (let round = 0; round < 8; round += 1) {
    // A job may be handed to a worker in the moment between its last result and its end.
    await pool.execute(returnThenLeave, [round]).catch((error: unknown) => assertDied(error, /exit code 0/));
  }
  const last = await pool.execute(() => 1).catch((error: unknown) => assertDied(error, /exit code 0/));
  assert.equal(last ?? (await pool.execute(() => 1)), 1);
});

test('if no worker can be started jobs reject with ERR_HEDDLE_POOL_NO_WORKERS and the reason', async () => {
  const pool = new ThreadPool<Tasks>({ size: 2, tasks: new URL('data:text/javascript,process.exit(9)') });
  const waiting = [pool.execute('double', [1]), pool.execute('double', [2])];
  for (const outcome of await Promise.allSettled(waiting)) {
    assert.equal(outcome.status, 'rejected');
    assert.equal(outcome.reason.code, 'ERR_HEDDLE_POOL_NO_WORKERS');
    assert.match(outcome.reason.cause.message, /exit code 9 before it was ready/);
  }
  await assert.rejects(pool.execute('double', [3]), { code: 'ERR_HEDDLE_POOL_NO_WORKERS' });
  await pool.close();
});
