import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { threadId } from 'node:worker_threads';
import type { PoolOptions } from '#pool/pool-options.ts';
import { ThreadPool } from '#pool/thread-pool.ts';
import { countsOf } from './fixtures/counts.ts';
import { Gate } from './fixtures/gate.ts';

type Tasks = typeof import('./fixtures/tasks.ts');
const tasks = new URL('./fixtures/tasks.ts', import.meta.url);

function makePool(size: number, options: PoolOptions = {}): ThreadPool<Tasks> {
  return new ThreadPool<Tasks>({ tasks, size, ...options });
}

test('a job runs on another thread and its result comes back', async () => {
  await using pool = makePool(1);
  assert.equal(await pool.execute('double', [21]), 42);
  assert.notEqual(await pool.execute('thread'), threadId);
});

test('an async job is awaited', async () => {
  await using pool = makePool(1);
  assert.equal(await pool.execute('later', ['done']), 'done');
});

test('an optional argument may be left out', async () => {
  await using pool = makePool(1);
  assert.equal(await pool.execute('greet', ['Ada']), 'Hello, Ada');
});

test('a function is sent as source, with its arguments', async () => {
  await using pool = new ThreadPool(1);
  assert.equal(await pool.execute((a: number, b: number) => a + b, [2, 3]), 5);
  const calls = [
    pool.execute(function named() {
      return 'expression';
    }),
    pool.execute(async () => 'async'),
    pool.execute(() => 'arrow' /* with a comment at its end */),
  ];
  assert.deepEqual(await Promise.all(calls), ['expression', 'async', 'arrow']);
});

test('a function job may import what it needs', async () => {
  await using pool = new ThreadPool(1);
  const count = await pool.execute(async () => (await import('node:os')).availableParallelism());
  assert.equal(count, availableParallelism());
});

test('a function job runs as strict code, as the module it came from', async () => {
  await using pool = new ThreadPool(1);
  const receiver = await pool.execute(function (this: unknown) {
    return typeof this;
  });
  assert.equal(receiver, 'undefined');
});

test('as many jobs run side by side as there are workers, and the next one waits', async () => {
  await using pool = makePool(3);
  const gate = new Gate();
  const jobs = Array.from({ length: 4 }, () => pool.execute('passGate', [gate.buffer]));
  await gate.hasArrived(3);
  assert.deepEqual(countsOf(pool.stats), { size: 3, queued: 1, running: 3, completed: 0, failed: 0 });
  assert.equal(gate.arrived, 3);
  gate.open();
  const threads = await Promise.all(jobs);
  assert.equal(new Set(threads).size, 3);
  assert.deepEqual(countsOf(pool.stats), { size: 3, queued: 0, running: 0, completed: 4, failed: 0 });
});

test('jobs start in the order in which they were given', async () => {
  await using pool = makePool(1);
  const order = new SharedArrayBuffer(4 * 101);
  const numbers = Array.from({ length: 100 }, (_, at) => at + 1);
  await Promise.all(numbers.map((number) => pool.execute('noteStart', [order, number])));
  assert.deepEqual([...new Int32Array(order).subarray(1)], numbers);
});

test('a job that throws rejects with its error: name, message, stack, code and cause', async () => {
  await using pool = makePool(1);
  const error = await pool.execute('fail').catch((thrown: unknown) => thrown);
  assert.ok(error instanceof Error);
  assert.equal(error.name, 'QuotaError');
  assert.equal(error.message, 'the quota is used up');
  assert.match(error.stack ?? '', /fixtures\/tasks\.ts/);
  assert.equal((error as NodeJS.ErrnoException).code, 'E_QUOTA');
  assert.ok(error.cause instanceof RangeError);
  assert.equal(await pool.execute('double', [1]), 2);
});

test('a job may throw what is no error', async () => {
  await using pool = makePool(1);
  await assert.rejects(pool.execute('failWith', [{ reason: 7 }]), { reason: 7 });
  assert.equal(await pool.execute('failWith', [undefined]).catch((thrown: unknown) => thrown), undefined);
});

test('a job that is not exported rejects with ERR_HEDDLE_POOL_NO_SUCH_JOB and names those that are', async () => {
  await using pool = makePool(1);
  for (const name of ['tripel', 'notAJob', 'constructor', 'then']) {
    const refused = pool.execute(name as 'double', [1]);
    await assert.rejects(refused, { code: 'ERR_HEDDLE_POOL_NO_SUCH_JOB', message: /double, / });
  }
  await using bare = new ThreadPool(1);
  const refused = bare.execute('double' as never);
  await assert.rejects(refused, { code: 'ERR_HEDDLE_POOL_NO_SUCH_JOB', message: /without a tasks module/ });
});

test('arguments that cannot be cloned reject that job only', async () => {
  await using pool = makePool(1);
  const refused = pool.execute('failWith', [() => {}]);
  const next = pool.execute('double', [4]);
  await assert.rejects(refused, {
    code: 'ERR_HEDDLE_POOL_NOT_CLONEABLE',
    message: /arguments of the job failWith/,
  });
  assert.equal(await next, 8);
});

test('a worker whose only job has uncloneable arguments is free for the next', async () => {
  await using pool = makePool(1);
  await pool.execute('double', [1]);
  for (let round = 0; round < 3; round += 1) {
    await assert.rejects(pool.execute('failWith', [() => {}]), { code: 'ERR_HEDDLE_POOL_NOT_CLONEABLE' });
    assert.equal(await pool.execute('double', [round]), round * 2);
  }
});

test('a result that cannot be cloned rejects that job only', async () => {
  await using pool = makePool(1);
  const refused = pool.execute('makeFunction');
  await assert.rejects(refused, {
    code: 'ERR_HEDDLE_POOL_NOT_CLONEABLE',
    message: /result of the job makeFunction/,
  });
  assert.equal(await pool.execute('double', [4]), 8);
});

test('a function job that closes over something is told that it may not', async () => {
  await using pool = new ThreadPool(1);
  const outer = 1;
  const error = await pool.execute(() => outer + 1).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof ReferenceError);
  assert.match(error.message, /^outer is not defined\. A job may not close over anything/);
  assert.match(error.stack ?? '', /may not close over anything/);
});

test('a function whose source does not stand by itself is refused with ERR_HEDDLE_POOL_JOB_SOURCE', async () => {
  await using pool = new ThreadPool(1);
  const refused = { code: 'ERR_HEDDLE_POOL_JOB_SOURCE' };
  const holder = {
    method() {
      return 1;
    },
  };
  await assert.rejects(pool.execute(holder.method), refused);
  await assert.rejects(pool.execute((() => 1).bind(null)), refused);
  assert.equal(await pool.execute(() => 1), 1);
});

test('what is neither a name nor a function is refused with ERR_HEDDLE_POOL_OPTION', async () => {
  await using pool = new ThreadPool(1);
  await assert.rejects(pool.execute(7 as never), { code: 'ERR_HEDDLE_POOL_OPTION' });
});

test('if the tasks module cannot be loaded every job rejects with the error of its import', async () => {
  await using pool = new ThreadPool<Tasks>({
    size: 2,
    tasks: new URL('data:text/javascript,throw new RangeError("no tasks today")'),
  });
  for (let round = 0; round < 3; round += 1) {
    const refused = pool.execute('double', [1]);
    await assert.rejects(refused, { name: 'RangeError', message: 'no tasks today' });
  }
});

test('more function jobs than a worker remembers still run', async () => {
  await using pool = new ThreadPool(1);
  const jobs = Array.from({ length: 1100 }, (_, at) =>
    pool.execute(new Function(`return ${at}`) as () => number),
  );
  assert.deepEqual(
    await Promise.all(jobs),
    Array.from({ length: 1100 }, (_, at) => at),
  );
});
