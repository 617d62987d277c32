import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeathsUnderLoad } from './deaths-under-load.ts';

test('threads that fill their heaps with small objects are replaced, and cost no request on a connection of another', async () => {
  await using run = await DeathsUnderLoad.start({ args: ['--thread-memory', '48'] });
  for (let death = 0; death < 3; death += 1) {
    await run.kill('/leak');
    await run.untilReplaced();
  }
  const { account } = await run.end();
  account.assertOnlyVictims();
  // A thread without heap runs no JavaScript that could close its listener: in its last turn the event loop itself may
  // accept one connection, and drops it.
  assert.ok(account.unaccepted.length <= run.died.size, JSON.stringify(account.unaccepted));
  const line = /error main server-\d died \(out-of-memory\); a new thread takes its place\n/g;
  assert.equal(run.heddle.stderr.match(line)?.length, 3);
});
