import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canDuplicateConnections } from '#native/socket-descriptor.ts';
import { assertHangIsRelieved, HANGS_APP, HangingRun, lineOf, requestLine } from './hanging-run.ts';

const LOOP = {
  path: '/loop',
  reported: [
    requestLine('/loop'),
    `at countForEver (${lineOf(HANGS_APP, 'for (let count = 0; ; count += 1)')}`,
  ],
};

test('a thread in an endless loop is replaced, and its clients are relieved', async () => {
  await using run = await HangingRun.start();
  await assertHangIsRelieved(run, LOOP);
  assert.deepEqual(await run.heddle.stop(), { code: 0, signal: null }, run.heddle.stderr);
});

test('where connections cannot be moved, who waits for an answer gets a 503 and the others a FIN', {
  skip: !canDuplicateConnections() && 'the test above says it of this Node',
}, async () => {
  await using run = await HangingRun.start({ ffi: false });
  await assertHangIsRelieved(run, LOOP);
  assert.deepEqual(await run.heddle.stop(), { code: 0, signal: null }, run.heddle.stderr);
});

test('the request that loops is named behind many awaits, and among others in flight', async () => {
  await using run = await HangingRun.start({ args: ['--hang-timeout', '1s'] });
  const { who, connections } = await run.openOnOneThread(8);
  const [culprit, ...others] = connections;
  // Older ones and younger ones.
  for (const [number, other] of others.entries()) {
    if (number === 4) culprit?.get('/loop?culprit');
    other.get(`/never?number=${number}`);
  }
  const report = await run.hangReport(who);
  assert.match(report, /\n {4}request: GET \/loop\?culprit \(for \d+\.\d s\)\n {4}at countForEver \(/);
  assert.ok(report.includes(lineOf(HANGS_APP, 'for (let count = 0; ; count += 1)')), report);
  assert.doesNotMatch(report, /\/never/);
  assert.match(report, / 0 moved to other threads, \d answered with 503, 0 closed\n/);
  assert.equal((await culprit?.reply())?.status, 503);
});
