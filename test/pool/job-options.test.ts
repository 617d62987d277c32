import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { getPriority } from 'node:os';
import { describe, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { currentJob } from '#pool/current-job.ts';
import { ThreadPool } from '#pool/thread-pool.ts';
import { Gate } from './fixtures/gate.ts';

type Tasks = typeof import('./fixtures/tasks.ts');
const tasks = new URL('./fixtures/tasks.ts', import.meta.url);
const LARGE = 64 * 1024;

function makePool(options: { size?: number; abortGraceMs?: number } = {}): ThreadPool<Tasks> {
  return new ThreadPool<Tasks>({ tasks, size: 1, ...options });
}

describe('priority', () => {
  test('the higher goes first, among the same the first given', async () => {
    await using pool = makePool();
    const gate = new Gate();
    const busy = pool.execute('passGate', [gate.buffer]);
    await gate.hasArrived(1);
    const order = new SharedArrayBuffer(4 * 8);
    const given = [0, 5, -1, 5, 0, undefined].map((priority, at) =>
      pool.execute('noteStart', [order, at + 1], { priority }),
    );
    gate.open();
    await Promise.all([busy, ...given]);
    assert.deepEqual([...new Int32Array(order).subarray(1, 7)], [2, 4, 1, 5, 6, 3]);
  });

  test('that is no whole number is refused', async () => {
    await using pool = makePool();
    for (const priority of [0.5, Number.NaN, Number.POSITIVE_INFINITY, '1' as unknown as number]) {
      await assert.rejects(pool.execute('double', [1], { priority }), { code: 'ERR_HEDDLE_POOL_OPTION' });
    }
  });
});

describe('a running job that is given up', () => {
  for (const job of ['loopUntilGivenUp', 'waitUntilGivenUp'] as const) {
    test(`rejects at once; one that notices keeps its worker (${job})`, async () => {
      await using pool = makePool({ abortGraceMs: 60_000 });
      const before = await pool.execute('thread');
      const gate = new Gate();
      const caller = new AbortController();
      const given = pool.execute(job, [gate.buffer], { signal: caller.signal });
      await gate.hasArrived(1);
      caller.abort(new Error('enough'));
      await assert.rejects(given, { message: 'enough' });
      assert.equal(await pool.execute('thread'), before);
    });
  }

  test('and does not notice costs its worker behind the grace', async () => {
    await using pool = makePool({ abortGraceMs: 20 });
    const before = await pool.execute('thread');
    const gate = new Gate();
    const caller = new AbortController();
    const given = pool.execute('spin', [gate.buffer], { signal: caller.signal });
    await gate.hasArrived(1);
    caller.abort();
    await assert.rejects(given, { name: 'AbortError' });
    assert.notEqual(await pool.execute('thread'), before);
  });

  test('is a word to that job alone: the next on its worker hears nothing of it', async () => {
    await using pool = makePool({ abortGraceMs: 60_000 });
    const gate = new Gate();
    const caller = new AbortController();
    const given = pool.execute('loopUntilGivenUp', [gate.buffer], { signal: caller.signal });
    await gate.hasArrived(1);
    const isGivenUp = pool.execute(() => {
      const key = Symbol.for('heddle.currentJob');
      return (globalThis as unknown as Record<symbol, { isGivenUp: boolean }>)[key]?.isGivenUp;
    });
    caller.abort();
    await assert.rejects(given);
    assert.equal(await isGivenUp, false);
  });

  test('a grace that no timer can measure is refused', () => {
    for (const abortGraceMs of [-1, Number.NaN, 2 ** 31]) {
      assert.throws(() => makePool({ abortGraceMs }), { code: 'ERR_HEDDLE_POOL_OPTION' });
    }
  });
});

describe('progress', () => {
  test('is told in order, before the result', async () => {
    await using pool = makePool();
    const told: unknown[] = [];
    const onProgress = (value: unknown): void => void told.push(value);
    assert.equal(await pool.execute('tellProgress', [4], { onProgress }), 'done');
    assert.deepEqual(told, [0.25, 0.5, 0.75, 1]);
    assert.equal(await pool.execute('tellProgress', [4]), 'done');
    assert.equal(told.length, 4);
  });

  test('a job that is called outside of a pool tells nobody and is never given up', () => {
    currentJob().progress(1);
    assert.equal(currentJob().isGivenUp, false);
    assert.equal(currentJob().signal.aborted, false);
  });
});

describe('moving', () => {
  test('large buffers of the arguments are moved on request; small and shared ones are not', async () => {
    await using pool = makePool();
    const large = new Uint8Array(LARGE);
    const small = new Uint8Array(LARGE - 1);
    const shared = new SharedArrayBuffer(LARGE);
    const value = { deep: { list: [large] }, small, shared };
    await pool.execute('passOn', [value], { transfer: 'large' });
    assert.equal(large.byteLength, 0);
    assert.equal(small.byteLength, LARGE - 1);
    assert.equal(shared.byteLength, LARGE);
    const again = new Uint8Array(LARGE);
    await pool.execute('passOn', [again]);
    assert.equal(again.byteLength, LARGE);
  });

  test('those of the result are moved on request', async () => {
    await using pool = makePool();
    const keep = (bytes: number): Uint8Array => {
      const place = globalThis as { kept?: Uint8Array };
      place.kept ??= new Uint8Array(bytes);
      return place.kept;
    };
    const left = (): number => (globalThis as { kept?: Uint8Array }).kept?.byteLength ?? -1;
    assert.equal((await pool.execute(keep, [LARGE])).byteLength, LARGE);
    assert.equal(await pool.execute(left), LARGE);
    assert.equal((await pool.execute(keep, [LARGE], { transferResult: true })).byteLength, LARGE);
    assert.equal(await pool.execute(left), 0);
  });
});

describe('what cannot cross', () => {
  test('costs itself alone, among many that are sent together', async () => {
    await using pool = makePool();
    await Promise.all(Array.from({ length: 50 }, () => pool.execute('passOn', [1])));
    const bad = (value: unknown): boolean =>
      typeof value === 'function' || (value as { f?: unknown }).f !== undefined;
    const values = [1, () => 1, 2, { f: () => 1 }, 3, createSecretKey(randomBytes(8)), 4] as unknown[];
    const outcomes = await Promise.allSettled(values.map((value) => pool.execute('passOn', [value])));
    for (const [at, outcome] of outcomes.entries()) {
      if (bad(values[at])) {
        assert.equal(outcome.status, 'rejected');
        assert.equal(outcome.reason.code, 'ERR_HEDDLE_POOL_NOT_CLONEABLE');
      } else {
        assert.equal(outcome.status, 'fulfilled', `${at}`);
      }
    }
  });

  test('as a result costs itself alone, among many that end together', async () => {
    await using pool = makePool();
    const make = (isBad: boolean): unknown => (isBad ? { f: () => 1 } : { f: 1 });
    await Promise.all(Array.from({ length: 50 }, () => pool.execute(make, [false])));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, (_, at) => pool.execute(make, [at % 7 === 3])),
    );
    for (const [at, outcome] of outcomes.entries()) {
      assert.equal(outcome.status, at % 7 === 3 ? 'rejected' : 'fulfilled');
      if (outcome.status === 'rejected') assert.match(outcome.reason.message, /result of the job make/);
    }
  });
});

describe('room()', () => {
  test('lets a source that is faster than the workers wait, so that no job is refused', async () => {
    await using pool = new ThreadPool<Tasks>({ tasks, size: 1, maxQueue: 3 });
    const results: Promise<number>[] = [];
    let most = 0;
    for (let at = 0; at < 50; at += 1) {
      await pool.room();
      results.push(pool.execute('double', [at]));
      most = Math.max(most, pool.stats.queued);
    }
    assert.ok(most <= 3, `${most} waited`);
    assert.deepEqual(
      await Promise.all(results),
      Array.from({ length: 50 }, (_, at) => at * 2),
    );
  });

  test('tells as many as there is room for', async () => {
    await using pool = new ThreadPool<Tasks>({ tasks, size: 1, maxQueue: 1 });
    const gate = new Gate();
    const busy = pool.execute('passGate', [gate.buffer]);
    await gate.hasArrived(1);
    const waiting = pool.execute('double', [1]);
    const results = [1, 2, 3].map(async (value) => {
      await pool.room();
      return pool.execute('double', [value]);
    });
    await assert.rejects(pool.execute('double', [9]), { code: 'ERR_HEDDLE_POOL_QUEUE_FULL' });
    gate.open();
    assert.deepEqual(await Promise.all([waiting, ...results]), [2, 2, 4, 6]);
    await busy;
  });
});

describe('nice', () => {
  const skip = process.platform !== 'linux' && 'only on Linux has each thread a priority of its own';
  const read = (): number => process.getBuiltinModule('node:os').getPriority();

  test('lets the workers alone yield to others', { skip }, async () => {
    await using pool = new ThreadPool({ size: 2, nice: 7 });
    assert.equal(await pool.execute(read), 7);
    assert.equal(getPriority(), 0);
    await using other = new ThreadPool(1);
    assert.equal(await other.execute(read), 0);
  });

  test('that is no whole number from 0 to 19 is refused', () => {
    for (const nice of [-1, 20, 0.5])
      assert.throws(() => new ThreadPool({ nice }), { code: 'ERR_HEDDLE_POOL_OPTION' });
  });
});

describe('min', () => {
  test('workers beyond it are started when jobs wait, and stay', async () => {
    await using pool = new ThreadPool<Tasks>({ tasks, size: 3, min: 0 });
    const workers: Worker[] = [];
    const note = (worker: Worker): void => void workers.push(worker);
    process.on('worker', note);
    const one = await pool.execute('thread');
    assert.equal(await pool.execute('thread'), one);
    process.off('worker', note);
    assert.equal(workers.length, 1);
    const gate = new Gate();
    const busy = Array.from({ length: 3 }, () => pool.execute('passGate', [gate.buffer]));
    await gate.hasArrived(3);
    gate.open();
    assert.equal(new Set(await Promise.all(busy)).size, 3);
  });

  test('from 0 to size, else it is refused', () => {
    for (const min of [-1, 3, 0.5])
      assert.throws(() => new ThreadPool({ size: 2, min }), { code: 'ERR_HEDDLE_POOL_OPTION' });
  });
});

test('env is what the workers find', async () => {
  await using pool = new ThreadPool({ size: 1, env: { ONLY: 'this' } });
  assert.deepEqual(await pool.execute(() => ({ ...process.env })), { ONLY: 'this' });
});
