import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertHangIsRelieved, FAULTS_APP, HangingRun, lineOf, requestLine } from './hanging-run.ts';

test('a thread in a regular expression that backtracks without end is replaced, and its clients are relieved', async () => {
  await using run = await HangingRun.start();
  await assertHangIsRelieved(run, {
    path: '/regexp',
    reported: [requestLine('/regexp'), `at fetch (${lineOf(FAULTS_APP, '/^(a+)+$/')}`],
  });
  assert.deepEqual(await run.heddle.stop(), { code: 0, signal: null }, run.heddle.stderr);
});
