import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { ManagedThread, type SpareThreadOptions } from '#threads/managed-thread.ts';
import { type SupervisorOptions, ThreadSupervisor } from '#threads/supervisor.ts';

const ENTRY = new URL('./fixtures/thread.ts', import.meta.url);
const RESTART = { backoffMs: 1, maxBackoffMs: 2, maxDeaths: 10, withinMs: 60_000 };

function spare(options: Partial<SpareThreadOptions> = {}): ManagedThread {
  return new ManagedThread({
    kind: 'test',
    index: 'spare',
    entry: ENTRY,
    keepAlive: true,
    startTimeoutMs: 60_000,
    drainTimeoutMs: 60_000,
    terminateTimeoutMs: 60_000,
    ...options,
  });
}

/** A set with a spare, whose threads tell by the message `lives` whether they were one. */
class SpareSet {
  readonly lives: boolean[] = [];
  readonly supervisor: ThreadSupervisor;
  #waiting: (() => void)[] = [];

  constructor(options: Partial<SupervisorOptions> = {}) {
    this.supervisor = new ThreadSupervisor({
      kind: 'test',
      size: 2,
      entry: ENTRY,
      launch: () => ({ workerData: { acts: ['tell-life', 'ready'] } }),
      restart: RESTART,
      spare: true,
      onMessage: (_, message) => {
        if (typeof message === 'object' && message !== null && 'wasSpare' in message) {
          this.lives.push(message.wasSpare === true);
        }
      },
      onReady: () => {
        for (const resolve of this.#waiting.splice(0)) resolve();
      },
      ...options,
    });
  }

  async untilReady(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

test('a spare takes a place and is a thread as any other, with the same workerData', async () => {
  const thread = spare();
  assert.equal(thread.phase, 'waiting');
  assert.equal(thread.index, -1);
  const messages: unknown[] = [];
  const placement = {
    index: 2,
    workerData: { acts: ['ready', 'tell-life'] },
    onMessage: (_: ManagedThread, message: unknown) => messages.push(message),
  };
  assert.equal(thread.takePlace(placement), true);
  assert.equal(thread.takePlace(placement), false);
  assert.deepEqual(await thread.ready, { told: 'ready' });
  assert.equal(thread.index, 2);
  assert.equal(thread.name, 'heddle://test-2');
  assert.deepEqual(await thread.drain(), { kind: 'drained', code: 0 });
  assert.deepEqual(messages, [{ wasSpare: true }]);
});

test('from its place on a spare has the deadline of a start', async () => {
  const thread = spare({ startTimeoutMs: 1 });
  thread.takePlace({ index: 0, workerData: { acts: ['silence'] } });
  assert.equal((await thread.exited).kind, 'start-failed');
});

test('the spare of a set takes the place of a thread that dies, and another spare is started', async () => {
  const set = new SpareSet();
  await set.supervisor.startAll();
  assert.deepEqual(set.lives, [false, false]);
  for (let death = 1; death <= 3; death += 1) {
    const ready = set.untilReady();
    set.supervisor.thread(0)?.post('throw');
    await ready;
  }
  assert.deepEqual(set.lives, [false, false, true, true, true]);
  assert.equal(set.supervisor.threads().length, 2);
  assert.deepEqual(await set.supervisor.drain(), []);
});

test('a set may take the spare of another, which starts a new one', async () => {
  const lender = new SpareSet();
  await lender.supervisor.startAll();
  const borrower = new SpareSet({ size: 1, spare: false, spareOf: lender.supervisor });
  await borrower.supervisor.startAll();
  assert.deepEqual(borrower.lives, [true]);
  assert.deepEqual(await borrower.supervisor.drain(), []);
  const ready = lender.untilReady();
  lender.supervisor.thread(0)?.post('throw');
  await ready;
  assert.deepEqual(lender.lives, [false, false, true]);
  await lender.supervisor.drain();
});

test('a set that was not told to keeps no spare', async () => {
  const set = new SpareSet({ spare: false });
  await set.supervisor.startAll();
  const ready = set.untilReady();
  set.supervisor.thread(0)?.post('throw');
  await ready;
  assert.deepEqual(set.lives, [false, false, false]);
  await set.supervisor.drain();
});

/** The threads that are started until {@link StartedThreads.end}; Node tells of each when the turn is over. */
class StartedThreads {
  readonly workers: Worker[] = [];
  readonly #note = (worker: Worker): void => void this.workers.push(worker);

  constructor() {
    process.on('worker', this.#note);
  }

  async end(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    process.off('worker', this.#note);
  }
}

test('threads that are foreseen wait for their places, which they take in order and under their names', async () => {
  const started = new StartedThreads();
  const set = new SpareSet({ size: 1, spare: false });
  const whole = set.supervisor.startAll();
  set.supervisor.foresee(3);
  await started.end();
  const names = ['heddle://test-0', 'heddle://test-1', 'heddle://test-2'];
  assert.deepEqual(
    started.workers.map(({ threadName }) => threadName),
    names,
  );
  const ids = started.workers.map(({ threadId }) => threadId);
  set.supervisor.grow(3);
  await Promise.all([whole, set.supervisor.startAll()]);
  assert.deepEqual(set.lives.sort(), [false, true, true]);
  const places = set.supervisor.threads();
  assert.deepEqual(
    places.map(({ threadId }) => threadId),
    ids,
  );
  assert.deepEqual(
    places.map(({ name }) => name),
    names,
  );
  await set.supervisor.drain();
});

test('threads that were foreseen for places that there are not are ended, but for the spare of the set', async () => {
  for (const spare of [true, false]) {
    const started = new StartedThreads();
    const set = new SpareSet({ size: 1, spare });
    const whole = set.supervisor.startAll();
    set.supervisor.foresee(4);
    await started.end();
    await whole;
    const [, ...foreseen] = started.workers;
    assert.equal(foreseen.length, 3);
    const ending = foreseen.slice(spare ? 1 : 0);
    await Promise.all(ending.map((worker) => worker.threadId === -1 || once(worker, 'exit')));
    assert.equal(foreseen[0]?.threadId !== -1, spare);
    const ready = set.untilReady();
    set.supervisor.thread(0)?.post('throw');
    await ready;
    assert.deepEqual(set.lives, [false, spare]);
    await set.supervisor.drain();
  }
});

test('no more than seven are started for places that are only foreseen', async () => {
  const started = new StartedThreads();
  const set = new SpareSet({ size: 1 });
  const whole = set.supervisor.startAll();
  set.supervisor.foresee(100);
  await started.end();
  assert.equal(started.workers.length, 8);
  await whole;
  await set.supervisor.terminate();
  const late = new StartedThreads();
  set.supervisor.foresee(100);
  await late.end();
  assert.equal(late.workers.length, 0);
});

test('a spare ends with its set', async () => {
  const started = new StartedThreads();
  const set = new SpareSet();
  await set.supervisor.startAll();
  await set.supervisor.drain();
  await started.end();
  assert.deepEqual(
    started.workers.map(({ threadId }) => threadId),
    [-1, -1, -1],
  );
});

test('a spare does not keep the process alive, though the thread that it may become does', () => {
  const script = `
    import { ManagedThread } from '#threads/managed-thread.ts';
    new ManagedThread({
      kind: 'test', index: 'spare', entry: new URL(${JSON.stringify(ENTRY.href)}), keepAlive: true,
      startTimeoutMs: 60_000, drainTimeoutMs: 60_000, terminateTimeoutMs: 60_000,
    });
  `;
  const { status, signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: fileURLToPath(new URL('../../', import.meta.url)),
    encoding: 'utf8',
    timeout: 20_000,
  });
  assert.deepEqual({ status, signal }, { status: 0, signal: null }, stderr);
});
