import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { RawConnection } from '../system/raw-connection.ts';
import { HangingRun, whoAnswers } from './hanging-run.ts';

const APP = 'test/faults/fixtures/held.ts';

/** Resolves when a thread of this process, by its number in the system, has ended. */
async function untilThreadGone({ heddle }: HangingRun, systemId: string): Promise<void> {
  while (existsSync(`/proc/${heddle.pid}/task/${systemId}`)) await delay(10);
}

suite('a thread that was replaced while native code held it, and comes back', () => {
  for (const ffi of [true, false]) {
    test(`takes no descriptor of others along, and the process can exit again${ffi ? '' : ', without FFI'}`, async () => {
      await using run = await HangingRun.start({ app: APP, ffi, args: ['--hang-timeout', '1s'] });
      const until = join(temporaryFolder(), 'until');
      const { who, connections } = await run.openOnOneThread(1);
      const [culprit] = connections as [RawConnection];
      await run.hold(culprit, `/held?until=${until}`);
      const [, systemId = ''] = /system id (\d+)/.exec(run.heddle.stderr) ?? [];
      assert.equal((await culprit.reply()).status, 503);
      await run.heddle.waitForOutput(/died \(stuck\); a new thread takes its place/);
      await run.untilReplaced(who);
      // They would have the numbers of descriptors that were taken from the held thread.
      const others = await Promise.all(Array.from({ length: 10 }, () => run.open()));
      for (const other of others) await whoAnswers(other);
      writeFileSync(until, '');
      await untilThreadGone(run, systemId);
      for (const other of others) await whoAnswers(other);
      assert.deepEqual(await run.heddle.stop(), { code: 0, signal: null }, run.heddle.stderr);
    });
  }
});
