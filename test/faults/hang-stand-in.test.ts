import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { RawConnection } from '../system/raw-connection.ts';

// Long enough that a busy machine has started the thread that stands in by then.
const HANG_TIMEOUT = '2500ms';

test('the thread that stands in for one that hangs may hang too: its client is answered as well', async () => {
  await using heddle = await spawnHeddle([
    ...['examples/faults/app.ts', '--threads', '1'],
    ...['--stall-timeout', '100ms', '--hang-timeout', HANG_TIMEOUT],
  ]);
  await using first = await RawConnection.open(heddle.url);
  first.get('/loop');
  await heddle.waitForOutput(/server-1 is started to stand in/);
  await using second = await RawConnection.open(heddle.url);
  assert.equal((JSON.parse((await second.fetch('/')).body) as { thread: number }).thread, 1);
  second.get('/loop');
  assert.equal((await first.reply()).status, 503);
  assert.equal((await second.reply()).status, 503);
  // One that is just being ended when the shutdown begins would count as stopped by it.
  await heddle.waitForOutput(/server-1 hangs since[\s\S]*server-1 died \(terminated\)/);
  await using third = await RawConnection.open(heddle.url);
  assert.equal((await third.fetch('/')).status, 200);
  assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
});
