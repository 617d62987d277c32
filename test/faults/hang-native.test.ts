import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canDuplicateConnections } from '#native/socket-descriptor.ts';
import { assertHangIsRelieved, HangingRun, type Who } from './hanging-run.ts';

/** No exit code: a process that one of its threads holds ends by force alone. */
async function assertEndsByForce({ heddle }: HangingRun, { thread }: Who): Promise<void> {
  await heddle.waitForOutput(
    new RegExp(`error main server-${thread} died \\(stuck\\); a new thread takes its place\n`),
  );
  assert.deepEqual(await heddle.stop(), { code: null, signal: 'SIGKILL' });
  assert.match(heddle.stderr, /heddle: native code holds threads \(1\); the process is killed/);
}

test('a thread that native code holds is replaced without a stack, and the process does not wait for it', {
  skip: canDuplicateConnections()
    ? false
    : 'this Node cannot move connections: the next test says what it does',
}, async () => {
  await using run = await HangingRun.start();
  const successor = await assertHangIsRelieved(run, {
    path: '/native',
    reported: [
      '    one of these 3 requests:\n',
      '      GET /native (for ',
      '    no stack: native code holds the thread (state ',
    ],
  });
  await assertEndsByForce(run, successor);
});

test('where connections cannot be moved, the client of native code gets its 503 all the same', async () => {
  await using run = await HangingRun.start({ ffi: false });
  const { who, connections } = await run.openOnOneThread(1);
  const [culprit] = connections;
  assert.ok(culprit);
  await run.hold(culprit, '/native');
  await run.untilAnswered(5);
  const report = await run.hangReport(who);
  assert.ok(report.includes('    no stack: native code holds the thread (state '), report);
  // Without a FIN: the connection is the thread's, and goes with it.
  assert.equal((await culprit.reply()).status, 503);
  await run.untilReplaced(who);
  await assertEndsByForce(run, who);
});
