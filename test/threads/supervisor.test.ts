import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ThreadExit } from '#threads/managed-thread.ts';
import { type SupervisorOptions, ThreadSupervisor } from '#threads/supervisor.ts';

const QUICK = { backoffMs: 1, maxBackoffMs: 2, maxDeaths: 3, withinMs: 60_000 };

/**
 * A set whose threads do what `acts(index, start)` says at their n-th start (from 0). It notes each end as
 * 'index kind next' and lets a test wait for the next one.
 */
class ObservedSet {
  readonly ends: string[] = [];
  readonly starts: number[] = [];
  readonly failures: Error[] = [];
  readonly supervisor: ThreadSupervisor;
  #waiting: (() => void)[] = [];

  constructor(
    size: number,
    acts: (index: number, start: number) => string[],
    options: Partial<SupervisorOptions> = {},
  ) {
    this.supervisor = new ThreadSupervisor({
      kind: 'test',
      size,
      entry: new URL('./fixtures/thread.ts', import.meta.url),
      launch: (index) => {
        const start = this.starts[index] ?? 0;
        this.starts[index] = start + 1;
        return { workerData: { acts: acts(index, start) } };
      },
      restart: QUICK,
      onReady: () => this.#wake(),
      onExit: (thread, exit: ThreadExit, next) => {
        this.ends.push(`${thread.index} ${exit.kind} ${next}`);
        this.#wake();
      },
      onFailed: (error) => this.failures.push(error),
      ...options,
    });
  }

  /** Resolves when `condition` holds; it is looked at whenever a thread gets ready or ends. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

test('a set starts all its threads and drains them; nothing is cut', async () => {
  const set = new ObservedSet(3, () => ['ready']);
  await set.supervisor.startAll();
  assert.deepEqual(
    set.supervisor.threads().map((thread) => [thread.index, thread.name, thread.phase]),
    [0, 1, 2].map((index) => [index, `heddle://test-${index}`, 'ready']),
  );
  assert.deepEqual(await set.supervisor.drain(), []);
  assert.deepEqual(set.ends.toSorted(), ['0 drained ended', '1 drained ended', '2 drained ended']);
  assert.deepEqual(set.supervisor.threads(), []);
});

test('draining resolves with the threads that had to be terminated', async () => {
  const set = new ObservedSet(2, () => ['ready', 'refuse-drain'], { drainTimeoutMs: 1 });
  await set.supervisor.startAll();
  const cut = await set.supervisor.drain();
  assert.deepEqual(
    cut.map((thread) => [thread.index, thread.phase]),
    [
      [0, 'exited'],
      [1, 'exited'],
    ],
  );
});

test('a thread that dies is replaced, the others are left alone', async () => {
  const set = new ObservedSet(2, () => ['ready']);
  await set.supervisor.startAll();
  const [first, other] = set.supervisor.threads();
  first?.post('throw');
  await set.until(() => set.supervisor.thread(0)?.phase === 'ready' && set.starts[0] === 2);
  assert.notEqual(set.supervisor.thread(0), first);
  assert.equal(set.supervisor.thread(1), other);
  assert.deepEqual(set.ends, ['0 error restart']);
  await set.supervisor.drain();
});

test('a thread that keeps dying is given up, the rest runs on', async () => {
  const set = new ObservedSet(2, (index) => (index === 1 ? ['throw'] : ['ready']));
  await set.supervisor.startAll();
  assert.deepEqual(set.ends, ['1 start-failed restart', '1 start-failed restart', '1 start-failed given-up']);
  assert.equal(set.supervisor.thread(0)?.phase, 'ready');
  assert.equal(set.supervisor.thread(1), undefined);
  assert.deepEqual(set.failures, []);
  await set.supervisor.drain();
});

test('if no thread ever becomes ready the start fails with the first own error, after one try each', async () => {
  const set = new ObservedSet(2, () => ['fail-start'], {
    restart: { ...QUICK, backoffMs: 60_000, maxBackoffMs: 60_000 },
  });
  await assert.rejects(set.supervisor.startAll(), { code: 'ERR_NO_START', message: 'no start' });
  assert.deepEqual(set.starts, [1, 1]);
  assert.equal(set.failures.length, 1);
  assert.equal(set.ends.at(-1)?.slice(2), 'start-failed given-up');
});

test('a start that fails at first and then succeeds is no failure of the set', async () => {
  const set = new ObservedSet(2, (index, start) => (index === 0 && start === 0 ? ['throw'] : ['ready']));
  await set.supervisor.startAll();
  assert.equal(set.supervisor.threads().length, 2);
  await set.supervisor.drain();
});

test('when the last thread is given up the set has failed', async () => {
  const set = new ObservedSet(1, (_, start) => (start === 0 ? ['ready'] : ['throw']));
  await set.supervisor.startAll();
  set.supervisor.thread(0)?.post('exit');
  await set.until(() => set.ends.at(-1) === '0 start-failed given-up');
  assert.deepEqual(
    set.failures.map((error) => (error as NodeJS.ErrnoException).code),
    ['ERR_HEDDLE_THREAD_EXITED'],
  );
});

test('a thread its owner terminates is replaced at once and never blamed', async () => {
  const set = new ObservedSet(1, () => ['ready'], {
    restart: { ...QUICK, backoffMs: 60_000, maxBackoffMs: 60_000 },
  });
  await set.supervisor.startAll();
  for (let round = 2; round <= 5; round += 1) {
    void set.supervisor.thread(0)?.terminate();
    await set.until(() => set.starts[0] === round && set.supervisor.thread(0)?.phase === 'ready');
  }
  assert.deepEqual(new Set(set.ends), new Set(['0 terminated restart']));
  await set.supervisor.drain();
});

test('a forgiven death is not counted', async () => {
  const restart = { ...QUICK, backoffMs: 60_000, maxBackoffMs: 60_000 };
  const set = new ObservedSet(1, () => ['ready'], { restart, isForgiven: (_, exit) => exit.code === 7 });
  await set.supervisor.startAll();
  for (let round = 2; round <= 5; round += 1) {
    set.supervisor.thread(0)?.post('exit');
    await set.until(() => set.starts[0] === round && set.supervisor.thread(0)?.phase === 'ready');
  }
  assert.deepEqual(new Set(set.ends), new Set(['0 exit restart']));
  await set.supervisor.drain();
});

test('once stopped nothing is restarted, not even a thread whose restart was due', async () => {
  const restart = { ...QUICK, backoffMs: 20, maxBackoffMs: 20 };
  const set = new ObservedSet(2, (index) => (index === 1 ? ['throw'] : ['ready']), { restart });
  set.supervisor.start(0);
  await set.until(() => set.supervisor.thread(0)?.phase === 'ready');
  set.supervisor.start(1);
  await set.until(() => set.ends.length === 1);
  await set.supervisor.terminate();
  set.supervisor.start(0);
  set.supervisor.start(1);
  assert.deepEqual(set.starts, [1, 1]);
  assert.deepEqual(set.supervisor.threads(), []);
});

test('a set that is stopped before it is ready says so to who waits for the start', async () => {
  const set = new ObservedSet(1, () => ['silence']);
  const started = set.supervisor.startAll();
  const stopped = set.supervisor.terminate();
  await assert.rejects(started, { code: 'ERR_HEDDLE_THREADS_STOPPED' });
  await stopped;
});

test('there is no thread outside the set', () => {
  const set = new ObservedSet(1, () => ['ready']);
  assert.throws(() => set.supervisor.start(1), RangeError);
  assert.throws(() => set.supervisor.thread(-1), RangeError);
});
