import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ManagedThread, type ManagedThreadOptions } from '#threads/managed-thread.ts';
import { THREAD_PHASES } from '#threads/thread-phases.ts';

function start(acts: readonly string[], options: Partial<ManagedThreadOptions> = {}): ManagedThread {
  return new ManagedThread({
    kind: 'test',
    index: 3,
    entry: new URL('./fixtures/thread.ts', import.meta.url),
    workerData: { acts },
    keepAlive: true,
    startTimeoutMs: 60_000,
    drainTimeoutMs: 60_000,
    terminateTimeoutMs: 60_000,
    ...options,
  });
}

test('a thread becomes ready with its detail, answers messages and drains', async () => {
  const messages: unknown[] = [];
  const thread = start(['ready'], { onMessage: (_, message) => messages.push(message) });
  assert.equal(thread.phase, 'starting');
  assert.equal(thread.name, 'heddle://test-3');
  thread.post('echo');
  assert.deepEqual(await thread.ready, { told: 'ready' });
  assert.equal(thread.phase, 'ready');
  assert.deepEqual(await thread.drain(), { kind: 'drained', code: 0 });
  assert.equal(thread.phase, 'exited');
  assert.deepEqual(messages, [{ echo: true }, { did: 'echo' }]);
});

test('a thread waits for its drain listeners before it ends', async () => {
  const thread = start(['ready', 'drain-slowly']);
  assert.equal((await thread.drain()).kind, 'drained');
});

test('a thread that does not finish draining by the deadline is terminated', async () => {
  const thread = start(['ready', 'refuse-drain'], { drainTimeoutMs: 1 });
  await thread.ready;
  assert.equal((await thread.drain()).kind, 'terminated');
});

test("a thread that does not finish draining by the deadline is its owner's, where the owner wants it", async () => {
  const { promise, resolve } = Promise.withResolvers<ManagedThread>();
  const thread = start(['ready', 'refuse-drain'], { drainTimeoutMs: 1, onDrainOverdue: resolve });
  await thread.ready;
  const end = thread.drain();
  assert.equal(await promise, thread);
  assert.equal(thread.phase, 'draining');
  void thread.terminate();
  assert.equal((await end).kind, 'terminated');
});

test('a thread that drains can be given a deadline that is sooner, but none that is later', async () => {
  const hasty = start(['ready', 'refuse-drain']);
  await hasty.ready;
  void hasty.drain();
  assert.equal((await hasty.drain(1)).kind, 'terminated');
  const patient = start(['ready', 'refuse-drain'], { drainTimeoutMs: 500 });
  await patient.ready;
  void patient.drain();
  assert.equal((await patient.drain(600_000)).kind, 'terminated');
});

test('a drain listener that fails ends the thread with its error', async () => {
  const thread = start(['ready', 'fail-drain']);
  await thread.ready;
  const exit = await thread.drain();
  assert.equal(exit.kind, 'error');
  assert.equal(exit.error?.message, 'drain failed');
});

const DEATHS = [
  { acts: 'throw', kind: 'error', code: 'ERR_PURPOSE' },
  { acts: 'exit', kind: 'exit', code: 'ERR_HEDDLE_THREAD_EXITED' },
  { acts: 'exhaust-heap', kind: 'out-of-memory', code: 'ERR_WORKER_OUT_OF_MEMORY' },
] as const;

for (const { acts, kind, code } of DEATHS) {
  test(`a ready thread that does '${acts}' ends as '${kind}' with ${code}`, async () => {
    const thread = start(['ready'], {
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
    });
    await thread.ready;
    thread.post(acts);
    const exit = await thread.exited;
    assert.equal(exit.kind, kind);
    assert.equal((exit.error as NodeJS.ErrnoException).code, code);
  });
}

test('a ready thread with an unhandled rejection of null ends as an error', async () => {
  const thread = start(['ready']);
  await thread.ready;
  thread.post('reject-null');
  const exit = await thread.exited;
  assert.equal(exit.kind, 'error');
  assert.ok(exit.error instanceof Error);
});

test('a thread that reports a failed start ends with that error, code and cause included', async () => {
  const exit = await start(['fail-start']).exited;
  assert.equal(exit.kind, 'start-failed');
  assert.ok(exit.error instanceof RangeError);
  assert.equal((exit.error as NodeJS.ErrnoException).code, 'ERR_NO_START');
  assert.equal((exit.error.cause as NodeJS.ErrnoException).code, 'EADDRINUSE');
});

test('a thread that throws or exits before it is ready has failed to start, and ready rejects', async () => {
  const thrower = start(['throw']);
  await assert.rejects(thrower.ready, { code: 'ERR_PURPOSE' });
  assert.equal((await thrower.exited).kind, 'start-failed');
  const leaver = await start(['exit']).exited;
  assert.equal(leaver.kind, 'start-failed');
  assert.match(
    leaver.error?.message ?? '',
    /heddle:\/\/test-3 ended by itself with exit code 7 before it was ready/,
  );
});

test('a thread that is not ready by the deadline has failed to start', async () => {
  const exit = await start(['silence'], { startTimeoutMs: 1 }).exited;
  assert.equal(exit.kind, 'start-failed');
  assert.equal((exit.error as NodeJS.ErrnoException).code, 'ERR_HEDDLE_THREAD_START_TIMEOUT');
});

test('a thread that cannot even be made has failed to start', async () => {
  const thread = start([], { workerData: () => {} });
  const exit = await thread.exited;
  assert.equal(exit.kind, 'start-failed');
  assert.equal(exit.error?.name, 'DataCloneError');
  assert.equal(thread.threadId, -1);
});

test('terminate ends a thread that hangs in a loop', async () => {
  const thread = start(['ready']);
  await thread.ready;
  thread.post('hang');
  assert.equal((await thread.terminate()).kind, 'terminated');
});

test('a thread that native code holds past the deadline is disowned as stuck', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'heddle-'));
  const [running, letGo] = [join(folder.path, 'running'), join(folder.path, 'let-go')];
  execFileSync('mkfifo', [running, letGo]);
  const workerData = { acts: ['ready'], running, letGo };
  const thread = start([], { terminateTimeoutMs: 5, workerData });
  await thread.ready;
  thread.post('block-natively');
  await readFile(running);
  const exit = await thread.terminate();
  await writeFile(letGo, 'go\n');
  assert.equal(exit.kind, 'stuck');
  assert.equal((exit.error as NodeJS.ErrnoException).code, 'ERR_HEDDLE_THREAD_STUCK');
});

test('drain and terminate may be asked for at any time and more than once', async () => {
  const thread = start(['ready']);
  const exits = await Promise.all([thread.drain(), thread.terminate(), thread.drain(), thread.terminate()]);
  assert.deepEqual(new Set(exits.map((exit) => exit.kind)), new Set(['terminated']));
  assert.equal((await thread.drain()).kind, 'terminated');
  thread.post('echo');
});

test('every phase leads to exited, and nothing leads on from it', () => {
  for (const [phase, { next }] of Object.entries(THREAD_PHASES)) {
    if (phase === 'exited') assert.deepEqual(next, []);
    else assert.ok(next.includes('exited'));
  }
});
