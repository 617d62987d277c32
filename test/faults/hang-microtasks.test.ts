import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertHangIsRelieved, FAULTS_APP, HangingRun, lineOf, requestLine } from './hanging-run.ts';

test('a thread that never gets to the end of its microtasks is replaced, and its clients are relieved', async () => {
  await using run = await HangingRun.start();
  await assertHangIsRelieved(run, {
    path: '/microtasks',
    reported: [requestLine('/microtasks'), `at fetch (${lineOf(FAULTS_APP, 'for (;;) await null')}`],
  });
  assert.deepEqual(await run.heddle.stop(), { code: 0, signal: null }, run.heddle.stderr);
});
