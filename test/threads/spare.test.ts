import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
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

test('a spare ends with its set', async () => {
  const workers: Worker[] = [];
  const note = (worker: Worker): void => void workers.push(worker);
  process.on('worker', note);
  const set = new SpareSet();
  await set.supervisor.startAll();
  await set.supervisor.drain();
  process.off('worker', note);
  assert.deepEqual(
    workers.map((worker) => worker.threadId),
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
