import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { RawConnection } from '../system/raw-connection.ts';
import { assertHangIsRelieved, HANGS_APP, HangingRun, lineOf, requestLine } from './hanging-run.ts';

test('where the only thread hangs, another is started to stand in for it until it is replaced', async () => {
  await using run = await HangingRun.start({ threads: 1 });
  const successor = await assertHangIsRelieved(run, {
    path: '/loop',
    reported: [requestLine('/loop'), `at countForEver (${lineOf(HANGS_APP, 'for (let count = 0;')}`],
  });
  assert.equal(successor.thread, 0);
  assert.match(
    run.heddle.stderr,
    /warning main no thread moves: server-1 is started to stand in\n[\s\S]* server-0 hangs since /,
  );
  // The stand-in goes when it is needed no more: then nobody else answers.
  await run.untilAnsweredBy(successor, 20);
  assert.deepEqual(await run.heddle.stop(), { code: 0, signal: null }, run.heddle.stderr);
});

test('what stood in for a stall ends when the thread moves again', async () => {
  await using run = await HangingRun.start({ threads: 1, args: ['--hang-timeout', '1h'] });
  const { who, connections } = await run.openOnOneThread(1);
  const [stalled] = connections as [RawConnection];
  const end = join(temporaryFolder(), 'end');
  await run.hold(stalled, `/stall?until=${end}`);
  assert.notEqual((await run.ask()).threadId, who.threadId);
  await writeFile(end, '');
  assert.equal((await stalled.reply()).status, 200);
  await run.heddle.waitForOutput(/server-0 moves again/);
  await run.untilAnsweredBy(who, 20);
  assert.deepEqual(await run.heddle.stop(), { code: 0, signal: null }, run.heddle.stderr);
});
