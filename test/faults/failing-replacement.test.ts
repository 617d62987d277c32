import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { DeathsUnderLoad } from './deaths-under-load.ts';

test('while the replacement of a dead thread fails to start, what comes for it waits and is answered', async () => {
  const badLuck = join(temporaryFolder(), 'bad-luck');
  await using run = await DeathsUnderLoad.start({
    app: 'test/faults/fixtures/unlucky.ts',
    env: { BAD_LUCK: badLuck },
  });
  await writeFile(badLuck, '');
  await run.kill('/throw');
  await run.heddle.waitForOutput(/(?:died \(start-failed\); a new thread takes its place[\s\S]*){2}/);
  await rm(badLuck);
  await run.untilReplaced();
  const { account } = await run.end();
  account.assertOnlyVictims();
  assert.deepEqual(account.unaccepted, []);
});
