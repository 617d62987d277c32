import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ThreadPool } from '#pool/thread-pool.ts';
import { Gate } from './fixtures/gate.ts';

type Tasks = typeof import('./fixtures/tasks.ts');
const tasks = new URL('./fixtures/tasks.ts', import.meta.url);

function makePool(size = 1): ThreadPool<Tasks> {
  return new ThreadPool<Tasks>({ tasks, size, abortGraceMs: 0 });
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const read: T[] = [];
  for await (const item of items) read.push(item);
  return read;
}

function numbers(to: number): number[] {
  return Array.from({ length: to }, (_, at) => at + 1);
}

describe('a stream', () => {
  test('has every item of a generator, in order, be it short or long, and its worker is free behind it', async () => {
    await using pool = makePool();
    for (const to of [0, 1, 15, 16, 17, 1000]) {
      assert.deepEqual(await all(pool.stream('count', [to])), numbers(to));
    }
    assert.deepEqual(await all(pool.stream('countLater', [40])), numbers(40));
    assert.equal(await pool.execute('double', [2]), 4);
  });

  test('of a function that is sent as source, and of what is iterable but no generator', async () => {
    await using pool = makePool();
    const squares = pool.stream(
      function* (to: number) {
        for (let number = 1; number <= to; number += 1) yield number * number;
      },
      [4],
    );
    assert.deepEqual(await all(squares), [1, 4, 9, 16]);
    assert.deepEqual(await all(pool.stream(() => [7, 8, 9], [])), [7, 8, 9]);
  });

  test('ends with what the generator returns', async () => {
    await using pool = makePool();
    const stream = pool.stream('count', [1]);
    assert.deepEqual(await stream.next(), { done: false, value: 1 });
    assert.deepEqual(await stream.next(), { done: true, value: 'counted' });
    assert.deepEqual(await stream.next(), { done: true, value: 'counted' });
  });

  test('is never more than a few items ahead of its reader', async () => {
    await using pool = makePool();
    const made = new SharedArrayBuffer(4);
    const stream = pool.stream(
      function* (words: SharedArrayBuffer) {
        for (let number = 1; ; number += 1) {
          Atomics.store(new Int32Array(words), 0, number);
          yield number;
        }
      },
      [made],
    );
    for (let read = 1; read <= 100; read += 1) {
      assert.equal((await stream.next()).value, read);
      const ahead = Atomics.load(new Int32Array(made), 0) - read;
      assert.ok(ahead <= 32, `${ahead} items ahead`);
    }
    await stream.return();
  });

  test('that is left ends the generator, with its finally, and frees the worker', async () => {
    await using pool = makePool();
    const ended = new SharedArrayBuffer(4);
    for await (const number of pool.stream('count', [1e9, ended])) if (number === 100) break;
    assert.equal(Atomics.load(new Int32Array(ended), 0), 1);
    assert.equal(await pool.execute('double', [2]), 4);
  });

  test('that is left before a worker had it never runs', async () => {
    await using pool = makePool();
    const gate = new Gate();
    const busy = pool.execute('passGate', [gate.buffer]);
    await gate.hasArrived(1);
    const ended = new SharedArrayBuffer(4);
    const stream = pool.stream('count', [3, ended]);
    assert.deepEqual(await stream.return('left'), { done: true, value: 'left' });
    gate.open();
    await busy;
    assert.equal(await pool.execute('double', [2]), 4);
    assert.equal(Atomics.load(new Int32Array(ended), 0), 0);
  });

  test('of a generator that throws has the items before, then its error, once', async () => {
    await using pool = makePool();
    const stream = pool.stream('countThenFail', [2]);
    assert.equal((await stream.next()).value, 1);
    assert.equal((await stream.next()).value, 2);
    await assert.rejects(stream.next(), { code: 'E_QUOTA' });
    assert.deepEqual(await stream.next(), { done: true, value: undefined });
  });

  test('of what cannot be iterated, or copied, or is no job, rejects', async () => {
    await using pool = makePool();
    const stream = pool.stream as (name: string, args?: unknown[]) => AsyncIterable<unknown>;
    await assert.rejects(all(stream.call(pool, 'double', [1])), { name: 'TypeError', message: /function\*/ });
    await assert.rejects(all(stream.call(pool, 'none')), { code: 'ERR_HEDDLE_POOL_NO_SUCH_JOB' });
    await assert.rejects(all(pool.stream(() => [() => 1], [])), { code: 'ERR_HEDDLE_POOL_NOT_CLONEABLE' });
    assert.equal(await pool.execute('double', [2]), 4);
  });

  test('whose signal aborts rejects, and its worker is replaced where the generator does not end', async () => {
    await using pool = makePool();
    const caller = new AbortController();
    const stream = pool.stream('count', [1e9], { signal: caller.signal });
    await stream.next();
    caller.abort(new Error('enough'));
    await assert.rejects(all(stream), { message: 'enough' });
    assert.equal(await pool.execute('double', [2]), 4);
  });

  test('whose worker dies rejects', async () => {
    await using pool = makePool();
    const stream = pool.stream(function* () {
      yield 1;
      process.exit(3);
    }, []);
    await assert.rejects(all(stream), { code: 'ERR_HEDDLE_POOL_WORKER_DIED' });
  });
});
