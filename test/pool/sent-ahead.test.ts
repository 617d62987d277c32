import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { JobSender } from '#pool/job-sender.ts';
import { PoolThreads } from '#pool/pool-threads.ts';
import { ThreadPool } from '#pool/thread-pool.ts';
import { Gate } from './fixtures/gate.ts';

/** Takes as long as it is told to, and lets nobody else run meanwhile. */
function burn(ms: number): number {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return ms;
}

/** Waits until the gate is opened, or not at all. */
function pass(gate?: SharedArrayBuffer): number {
  if (gate === undefined) return 0;
  const words = new Int32Array(gate);
  Atomics.add(words, 0, 1);
  Atomics.notify(words, 0);
  Atomics.wait(words, 1, 0);
  return 1;
}

/** Makes a pool know that jobs of this kind are short, so that it sends many ahead. */
async function warmUp(pool: ThreadPool, job: (...args: never[]) => unknown): Promise<void> {
  for (let round = 0; round < 40; round += 1) {
    await Promise.all(Array.from({ length: 50 }, () => pool.execute(job as () => unknown)));
  }
}

describe('of jobs that are sent ahead', () => {
  test('one that cannot be copied costs itself alone, among as many as are ever sent', async () => {
    await using pool = new ThreadPool(1);
    const job = (value?: unknown): unknown => value;
    await warmUp(pool, job);
    for (const bad of [() => 1, { nested: () => 1 }]) {
      const values = Array.from({ length: 300 }, (_, at) => (at === 60 ? bad : at));
      const outcomes = await Promise.allSettled(values.map((value) => pool.execute(job, [value])));
      const rejected = outcomes.flatMap(({ status }, at) => (status === 'rejected' ? [at] : []));
      assert.deepEqual(rejected, [60]);
    }
    assert.equal(await pool.execute(job, [7]), 7);
  });

  test('one that cannot be rebuilt there costs itself alone, and each other runs once', async () => {
    await using pool = new ThreadPool({ size: 1, resourceLimits: { stackSizeMb: 0.4 } });
    const runs = new Int32Array(new SharedArrayBuffer(4 * 1000));
    const job = (counts?: Int32Array, at = 0, _?: unknown): unknown => counts && Atomics.add(counts, at, 1);
    let deep: unknown = 1;
    for (let level = 0; level < 2000; level += 1) deep = { deep };
    await warmUp(pool, job);
    const jobs = Array.from({ length: 300 }, async (_, at) => {
      for (let turn = 0; turn < at % 7; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      return pool.execute(job, at % 10 === 3 ? [runs, at, deep] : [runs, at]);
    });
    for (const [at, outcome] of (await Promise.allSettled(jobs)).entries()) {
      assert.equal(outcome.status, at % 10 === 3 ? 'rejected' : 'fulfilled', String(at));
      assert.equal(runs[at], at % 10 === 3 ? 0 : 1, String(at));
    }
  });

  test('one that is given up costs no other its end', async () => {
    await using pool = new ThreadPool({ size: 1, abortGraceMs: 20 });
    await warmUp(pool, pass);
    const gate = new Gate();
    const caller = new AbortController();
    const before = pool.execute(pass);
    const given = pool.execute(pass, [gate.buffer], { signal: caller.signal });
    const behind = pool.execute(pass);
    await gate.hasArrived(1);
    assert.equal(await before, 0, 'an end is not kept back for one that may be given up');
    caller.abort();
    await assert.rejects(given, { name: 'AbortError' });
    assert.equal(await behind, 0);
  });

  test('one that was given up and has ended costs the next nothing, however late its end is read', async () => {
    await using pool = new ThreadPool({ size: 1, abortGraceMs: 20 });
    const wait = async (): Promise<void> => {
      const key = Symbol.for('heddle.currentJob');
      const job = (globalThis as unknown as Record<symbol, { isGivenUp: boolean }>)[key];
      while (job?.isGivenUp === false) await new Promise((resolve) => setTimeout(resolve, 1));
    };
    await warmUp(pool, burn);
    const caller = new AbortController();
    const given = pool.execute(wait, [], { signal: caller.signal });
    const next = pool.execute(burn, [100]);
    setTimeout(() => {
      caller.abort();
      // This thread is busy until the grace is over; the worker has gone on.
      burn(60);
    }, 20);
    await assert.rejects(given, { name: 'AbortError' });
    assert.equal(await next, 100);
  });

  test('those that are given up from an event are given up, and no other is lost', async () => {
    await using pool = new ThreadPool(1);
    await warmUp(pool, pass);
    const caller = new AbortController();
    pool.on('job', () => caller.abort());
    const jobs = Array.from({ length: 200 }, (_, at) =>
      pool.execute(pass, [], at === 1 ? { signal: caller.signal } : {}),
    );
    const outcomes = await Promise.allSettled(jobs);
    assert.deepEqual(
      outcomes.flatMap(({ status }, at) => (status === 'rejected' && at !== 1 ? [at] : [])),
      [],
    );
    assert.equal(pool.stats.queued, 0);
  });

  test('what waits behind a long one goes to a worker that comes free, also to one that another sender had', async () => {
    const threads = new PoolThreads({ size: 2, senders: 2 });
    const senders: JobSender[] = [];
    for (const place of [0, 1]) {
      const seat = threads.connect(place, {
        deliver: (link) => senders[place]?.attach(link),
        workerGone: (worker, reason) => senders[place]?.detach(worker, reason),
        failed: (error) => senders[place]?.fail(error),
      });
      senders[place] = new JobSender(seat, { onCondemned: () => threads.replaceCondemned() });
    }
    threads.start();
    const [one, other] = senders as [JobSender, JobSender];
    for (let round = 0; round < 40; round += 1) await Promise.all([one.execute(pass), one.execute(pass)]);
    const held = new Gate();
    const long = new Gate();
    const othersJob = other.execute(pass, [held.buffer]);
    await held.hasArrived(1);
    const longJob = one.execute(pass, [long.buffer]);
    const behind = [1, 2, 3].map(() => one.execute(pass));
    await long.hasArrived(1);
    held.open();
    assert.deepEqual(await Promise.all(behind), [0, 0, 0]);
    long.open();
    assert.deepEqual(await Promise.all([longJob, othersJob]), [1, 1]);
    for (const sender of senders) await sender.close();
    await threads.close();
  });

  test('the options of each are those that it was given with', async () => {
    await using pool = new ThreadPool(1);
    const options = { priority: 1 };
    const first = pool.execute(pass, [], options);
    options.priority = 5;
    const next = pool.execute(pass, [], options);
    options.priority = -5;
    assert.deepEqual(await Promise.all([first, next, pool.execute(pass)]), [0, 0, 0]);
  });
});
