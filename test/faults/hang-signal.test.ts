import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RawConnection } from '../system/raw-connection.ts';
import { HangingRun } from './hanging-run.ts';

const STOPPED_APP = 'test/faults/fixtures/slow-to-look-at.ts';
const DRAIN = ['--drain-timeout', '100ms'];

/** What `stop()` gives where a process had to be killed, which none of these may need. */
const PATIENCE_MS = 20_000;

for (const threads of [1, 2]) {
  test(`SIGTERM while one of ${threads} hangs: the process ends, names the thread, and the exit is 1`, async () => {
    await using run = await HangingRun.start({ threads, args: DRAIN });
    const { who, connections } = await run.openOnOneThread(2);
    const [culprit, idle] = connections as [RawConnection, RawConnection];
    await run.hold(culprit, '/loop');
    await run.ask();
    assert.deepEqual(await run.heddle.stop('SIGTERM', PATIENCE_MS), { code: 1, signal: null });
    assert.match(
      run.heddle.stderr,
      new RegExp(`^heddle: stopped server-${who.thread}, which did not end$`, 'm'),
    );
    for (const connection of [culprit, idle]) await connection.untilGone();
  });
}

test('SIGTERM while a thread is stopped to be looked at: the process ends as for any thread that hangs', async () => {
  await using run = await HangingRun.start({ app: STOPPED_APP, args: DRAIN });
  const { who, connections } = await run.openOnOneThread(1);
  connections[0]?.get('/loop');
  await run.heddle.waitForOutput(/the thread is stopped\n/);
  assert.deepEqual(await run.heddle.stop('SIGTERM', PATIENCE_MS), { code: 1, signal: null });
  assert.match(
    run.heddle.stderr,
    new RegExp(`^heddle: stopped server-${who.thread}, which did not end$`, 'm'),
  );
});

test('a second signal while a thread is stopped to be looked at: the process leaves all the same', async () => {
  await using run = await HangingRun.start({ app: STOPPED_APP, args: ['--drain-timeout', '1h'] });
  const { connections } = await run.openOnOneThread(1);
  connections[0]?.get('/loop');
  await run.heddle.waitForOutput(/the thread is stopped\n/);
  await assertLeavesAtSecondSignal(run);
});

test('a second signal while a thread hangs: the process leaves at once', async () => {
  await using run = await HangingRun.start({ args: ['--drain-timeout', '1h'] });
  const { connections } = await run.openOnOneThread(1);
  await run.hold(connections[0] as RawConnection, '/loop');
  await assertLeavesAtSecondSignal(run);
});

/** Two that are sent on end may be seen in either order; it dies of the second. */
async function assertLeavesAtSecondSignal({ heddle }: HangingRun): Promise<void> {
  process.kill(heddle.pid, 'SIGTERM');
  const { signal } = await heddle.stop('SIGINT', PATIENCE_MS);
  assert.ok(signal === 'SIGINT' || signal === 'SIGTERM', `ended by ${signal}`);
}

test('SIGTERM while native code holds a thread: the process is killed, for it cannot exit', async () => {
  await using run = await HangingRun.start({ args: DRAIN });
  const { connections } = await run.openOnOneThread(1);
  await run.hold(connections[0] as RawConnection, '/native');
  assert.deepEqual(await run.heddle.stop('SIGTERM', PATIENCE_MS), { code: null, signal: 'SIGKILL' });
  // By itself, not by our patience.
  assert.match(run.heddle.stderr, /^heddle: native code holds threads \(1\); the process is killed/m);
});
