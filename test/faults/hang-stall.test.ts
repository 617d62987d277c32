import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RawConnection } from '../system/raw-connection.ts';
import { HANGS_APP, HangingRun, lineOf, whoAnswers } from './hanging-run.ts';

/** Four times the stall timeout, so that the supervisor sees it on a busy machine as well. */
const STALL = '/burn?ms=1000';

test('a stall is told once with its stack, passes, and the next one soon after is told without', async () => {
  await using run = await HangingRun.start({ args: ['--hang-timeout', '1h'] });
  const { who, connections } = await run.openOnOneThread(2);
  const [first, second] = connections as [RawConnection, RawConnection];

  assert.equal((await first.fetch(STALL)).status, 200);
  await run.heddle.waitForOutput(/moves again/);
  assert.equal((await second.fetch(STALL)).status, 200);
  await run.heddle.waitForOutput(/(?:moves again[\s\S]*){2}/);

  const place = `at burn (${lineOf(HANGS_APP, 'while (Date.now() < until)')}`;
  const lines = run.heddle.stderr.split('\n').map((line) => line.replace(/^\S+Z /, ''));
  assert.equal(lines[0], `warning main server-${who.thread} does not come back to its event loop`);
  assert.match(lines[1] ?? '', /^ {4}request: GET \/burn\?ms=1000 \(for \d\.\d s\)$/);
  assert.ok(lines[2]?.startsWith(`    ${place}`), `${lines[2]}`);
  assert.equal(lines.filter((line) => line.includes('does not come back')).length, 1);
  assert.equal(lines.filter((line) => line.includes(place)).length, 1);
  const recovered = new RegExp(`^info main server-${who.thread} moves again after \\d+ ms$`);
  assert.equal(lines.filter((line) => recovered.test(line)).length, 2);

  // The same thread serves on: its connections, and new ones.
  assert.deepEqual(await whoAnswers(first), who);
  await run.openOnOneThread(1, who);
  assert.deepEqual(await run.heddle.stop(), { code: 0, signal: null }, run.heddle.stderr);
});
