import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertHangIsRelieved, HangingRun } from './hanging-run.ts';

test('a thread that native code holds is replaced without a stack, and the process does not wait for it', async () => {
  await using run = await HangingRun.start();
  const successor = await assertHangIsRelieved(run, {
    path: '/native',
    reported: [
      '    one of these 3 requests:\n',
      '      GET /native (for ',
      '    no stack: native code holds the thread (state ',
    ],
  });
  await run.heddle.waitForOutput(
    new RegExp(`error main server-${successor.thread} died \\(stuck\\); a new thread takes its place\n`),
  );
  // No exit code: a process that one of its threads holds ends by force alone.
  assert.deepEqual(await run.heddle.stop(), { code: null, signal: 'SIGKILL' });
  assert.match(run.heddle.stderr, /heddle: native code holds threads \(1\); the process is killed/);
});
