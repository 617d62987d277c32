import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { ThreadPool } from '#pool/thread-pool.ts';
import { countsOf } from './fixtures/counts.ts';
import { Gate } from './fixtures/gate.ts';

type Tasks = typeof import('./fixtures/tasks.ts');
const tasks = new URL('./fixtures/tasks.ts', import.meta.url);

for (const size of [0, -1, 1.5, Number.NaN, 1025, Number.POSITIVE_INFINITY, '4', null]) {
  test(`a pool of ${size === null ? 'null' : typeof size} ${size} threads is refused with ERR_HEDDLE_POOL_SIZE`, () => {
    const refused = { code: 'ERR_HEDDLE_POOL_SIZE', message: new RegExp(`cannot have '?${size}'? threads`) };
    assert.throws(() => new ThreadPool(size as number), refused);
    assert.throws(() => new ThreadPool({ size: size as number }), refused);
  });
}

test('without a size a pool has a worker per CPU, and at least four', async () => {
  await using pool = new ThreadPool();
  assert.equal(pool.stats.size, Math.max(4, availableParallelism()));
});

test('an impossible option is refused with ERR_HEDDLE_POOL_OPTION', async () => {
  const refused = { code: 'ERR_HEDDLE_POOL_OPTION' };
  for (const maxQueue of [0, -1, 2.5, Number.NaN]) assert.throws(() => new ThreadPool({ maxQueue }), refused);
  assert.throws(() => new ThreadPool({ tasks: './tasks.ts' as never }), refused);
  await using pool = new ThreadPool(1);
  for (const timeoutMs of [0, -1, Number.NaN, 2 ** 31]) {
    await assert.rejects(
      pool.execute(() => 1, [], { timeoutMs }),
      refused,
    );
  }
});

test('a job beyond maxQueue is refused with ERR_HEDDLE_POOL_QUEUE_FULL', async () => {
  await using pool = new ThreadPool<Tasks>({ tasks, size: 1, maxQueue: 2 });
  const gate = new Gate();
  const first = pool.execute('passGate', [gate.buffer]);
  await gate.hasArrived(1);
  const waiting = [pool.execute('double', [1]), pool.execute('double', [2])];
  await assert.rejects(pool.execute('double', [3]), {
    code: 'ERR_HEDDLE_POOL_QUEUE_FULL',
    message: /^2 jobs/,
  });
  gate.open();
  await first;
  assert.deepEqual(await Promise.all(waiting), [2, 4]);
  assert.equal(await pool.execute('double', [3]), 6);
});

test('what is listed in transfer is moved, not copied', async () => {
  await using pool = new ThreadPool<Tasks>({ tasks, size: 1 });
  const buffer = new ArrayBuffer(64);
  assert.equal(await pool.execute('byteLength', [buffer], { transfer: [buffer] }), 64);
  assert.equal(buffer.byteLength, 0);
});

test('a signal that has aborted rejects the job before it is queued', async () => {
  await using pool = new ThreadPool<Tasks>({ tasks, size: 1 });
  const reason = new Error('no longer wanted');
  const refused = pool.execute('double', [1], { signal: AbortSignal.abort(reason) });
  assert.equal(pool.stats.queued, 0);
  assert.equal(await refused.catch((thrown: unknown) => thrown), reason);
});

test('a waiting job whose signal aborts leaves the queue at once, from wherever it stands', async () => {
  await using pool = new ThreadPool<Tasks>({ tasks, size: 1 });
  const gate = new Gate();
  const order = new SharedArrayBuffer(4 * 4);
  const first = pool.execute('passGate', [gate.buffer]);
  await gate.hasArrived(1);
  const caller = new AbortController();
  const kept = [1, 3].map((number) => pool.execute('noteStart', [order, number]));
  const given = pool.execute('noteStart', [order, 2], { signal: caller.signal });
  kept.push(pool.execute('noteStart', [order, 4]));
  assert.equal(pool.stats.queued, 4);
  caller.abort();
  assert.equal(pool.stats.queued, 3);
  await assert.rejects(given, { name: 'AbortError' });
  gate.open();
  await Promise.all([first, ...kept]);
  assert.deepEqual([...new Int32Array(order)], [3, 1, 3, 4]);
});

test('a running job whose signal aborts rejects at once and its worker is replaced', async () => {
  await using pool = new ThreadPool<Tasks>({ tasks, size: 1 });
  const before = await pool.execute('thread');
  const gate = new Gate();
  const caller = new AbortController();
  const given = pool.execute('spin', [gate.buffer], { signal: caller.signal });
  await gate.hasArrived(1);
  const next = pool.execute('thread');
  caller.abort(new Error('enough'));
  await assert.rejects(given, { message: 'enough' });
  assert.notEqual(await next, before);
});

test('a signal that aborts after the job is done changes nothing', async () => {
  await using pool = new ThreadPool<Tasks>({ tasks, size: 1 });
  const caller = new AbortController();
  const worker = await pool.execute('thread', [], { signal: caller.signal });
  caller.abort();
  assert.equal(await pool.execute('thread'), worker);
  assert.deepEqual(countsOf(pool.stats), { size: 1, queued: 0, running: 0, completed: 2, failed: 0 });
});

test('one signal may stand for many jobs', async () => {
  await using pool = new ThreadPool<Tasks>({ tasks, size: 2 });
  const caller = new AbortController();
  const gate = new Gate();
  const jobs = Array.from({ length: 50 }, () =>
    pool.execute('passGate', [gate.buffer], { signal: caller.signal }),
  );
  await gate.hasArrived(2);
  caller.abort();
  const outcomes = await Promise.allSettled(jobs);
  assert.ok(
    outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason.name === 'AbortError'),
  );
  assert.equal(await pool.execute('double', [2]), 4);
});

test('a job that runs for longer than timeoutMs rejects with ERR_HEDDLE_POOL_JOB_TIMEOUT', async () => {
  await using pool = new ThreadPool<Tasks>({ tasks, size: 1 });
  const before = await pool.execute('thread');
  const given = pool.execute('spin', [new Gate().buffer], { timeoutMs: 20 });
  await assert.rejects(given, {
    code: 'ERR_HEDDLE_POOL_JOB_TIMEOUT',
    message: /spin ran for more than 20 ms/,
  });
  assert.notEqual(await pool.execute('thread'), before);
});

test('the time a job waits does not count against timeoutMs', async (t) => {
  await using pool = new ThreadPool<Tasks>({ tasks, size: 1 });
  const gate = new Gate();
  const first = pool.execute('passGate', [gate.buffer]);
  await gate.hasArrived(1);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const second = pool.execute('double', [1], { timeoutMs: 10_000 });
  t.mock.timers.tick(60_000);
  gate.open();
  await first;
  assert.equal(await second, 2);
});
