import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobRunner } from '#pool/job-runner.ts';
import { ThreadPool } from '#pool/thread-pool.ts';

type Tasks = typeof import('./fixtures/tasks.ts');

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only if the value is of exactly that type, `any` not among them. */
function same<A>(): <B>(value: B, ...proof: Equal<A, B> extends true ? [] : [never]) => void {
  return () => {};
}

/** Never called: the compiler is the test. */
export async function checkTypes(pool: JobRunner<Tasks>): Promise<void> {
  same<number>()(await pool.execute('double', [1]));
  same<string>()(await pool.execute('later', ['awaited']));
  same<string>()(await pool.execute('greet', ['Ada']));
  same<number>()(await pool.execute('thread'));
  same<number>()(await pool.execute('thread', [], { timeoutMs: 1 }));
  same<number>()(await pool.execute(() => 1));
  same<string>()(await pool.execute(async () => 'awaited'));
  same<string>()(await pool.execute((text: string, count: number) => text.repeat(count), ['a', 2]));

  for await (const item of pool.stream('count', [3])) same<number>()(item);
  for await (const item of pool.stream('countLater', [3])) same<number>()(item);
  same<IteratorResult<number, string>>()(await pool.stream('count', [3]).next());
  for await (const item of pool.stream(
    function* (text: string) {
      yield text;
    },
    ['a'],
  ))
    same<string>()(item);
  // @ts-expect-error a job that yields nothing
  pool.stream('double', [1]);
  // @ts-expect-error an argument of the wrong type
  pool.stream('count', ['1']);
  // @ts-expect-error a stream's items are copied
  pool.stream('count', [1], { transferResult: true });

  // @ts-expect-error a job that does not exist
  await pool.execute('treble', [1]);
  // @ts-expect-error an export that is no function
  await pool.execute('notAJob');
  // @ts-expect-error an argument of the wrong type
  await pool.execute('double', ['1']);
  // @ts-expect-error no argument where one is needed
  await pool.execute('double');
  // @ts-expect-error too many arguments
  await pool.execute('double', [1, 2]);
  // @ts-expect-error a function with no arguments given
  await pool.execute((text: string) => text);
  // @ts-expect-error a function with an argument of the wrong type
  await pool.execute((text: string) => text, [1]);
  // @ts-expect-error an option that does not exist
  await pool.execute('double', [1], { timeout: 1 });
  // @ts-expect-error a name without a tasks module
  await (pool as unknown as ThreadPool).execute('double', [1]);
}

test('a ThreadPool is a JobRunner, and a name is only accepted with a type of the tasks module', async () => {
  await using pool = new ThreadPool<Tasks>({ size: 1 });
  const runner: JobRunner<Tasks> = pool;
  assert.equal(typeof runner.execute, 'function');
});
