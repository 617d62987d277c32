import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RawConnection } from '../system/raw-connection.ts';
import { DeathsUnderLoad } from './deaths-under-load.ts';

/** Of 64 MiB there are 52 for what is kept, and heddle takes about 8. */
const FILL = '/hoard?mebibytes=38';

test('a thread whose heap is nearly full is recycled and costs no request at all', async () => {
  await using run = await DeathsUnderLoad.start({ args: ['--thread-memory', '64', '--idle-grace', '500ms'] });
  // Kept open: it is idle when its thread goes, and is closed behind its grace, by a FIN.
  await using idle = await RawConnection.open(run.heddle.url);
  const { thread, threadId } = JSON.parse((await idle.fetch(FILL)).body) as {
    thread: number;
    threadId: number;
  };
  const log = await run.heddle.waitForOutput(/is recycled, in \d+ ms\n/);
  assert.match(log, new RegExp(`warning main server-${thread} is being recycled: of the 52 MiB `));
  assert.equal(await idle.untilEnd(), '');
  await run.load.untilThreads(3);
  const { report } = await run.end();
  assert.deepEqual(report.losses, []);
  assert.deepEqual(Object.keys(report.outcomes['keep-alive']), ['status 200']);
  assert.deepEqual(Object.keys(report.outcomes.close), ['status 200']);
  assert.ok((report.answersByThread[threadId] ?? 0) > 0);
  assert.doesNotMatch(run.heddle.stderr, /died/);
});

test('threads that fill their heaps together are recycled one after the other', async () => {
  await using run = await DeathsUnderLoad.start({ args: ['--thread-memory', '64', '--idle-grace', '100ms'] });
  const filled = new Set<number>();
  while (filled.size < 2) {
    await using connection = await RawConnection.open(run.heddle.url);
    const { thread } = JSON.parse((await connection.fetch('/')).body) as { thread: number };
    if (!filled.has(thread)) await connection.fetch(FILL);
    filled.add(thread);
  }
  await run.heddle.waitForOutput(/(?:is recycled, in \d+ ms\n[\s\S]*){2}/);
  const steps = [...run.heddle.stderr.matchAll(/is (being )?recycled/g)].map(([step]) => step);
  assert.deepEqual(steps, ['is being recycled', 'is recycled', 'is being recycled', 'is recycled']);
  const { report } = await run.end();
  assert.deepEqual(report.losses, []);
});
