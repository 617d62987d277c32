import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SpawnedHeddle, spawnHeddle } from '../support/spawn-heddle.ts';
import { RawConnection } from './raw-connection.ts';

const ONE_POOL_THREAD = ['test/system/fixtures/full-queue.ts', '-t', '1', '--pool-threads', '1'];

/** Keeps the only pool thread busy until `/release`. */
async function hold(heddle: SpawnedHeddle): Promise<RawConnection> {
  const connection = await RawConnection.open(heddle.url);
  connection.get('/hold');
  await heddle.waitForOutput(/held\n/);
  return connection;
}

test('a request whose job finds the queue full gets a 503 with Retry-After, and the log a line', async () => {
  await using heddle = await spawnHeddle([...ONE_POOL_THREAD, '--pool-queue', '2']);
  await using holding = await hold(heddle);
  await using first = await RawConnection.open(heddle.url);
  await using second = await RawConnection.open(heddle.url);
  await using third = await RawConnection.open(heddle.url);
  first.get('/job');
  await heddle.waitForOutput(/asked\n/);
  second.get('/job');
  await heddle.waitForOutput(/(asked\n){2}/);
  for (let again = 0; again < 2; again += 1) {
    const refused = await third.fetch('/job?n=3');
    assert.equal(refused.status, 503);
    assert.equal(refused.headers.get('retry-after'), '1');
    assert.equal(refused.body, '503 Service Unavailable\n');
  }
  assert.equal((await third.fetch('/release')).status, 200);
  assert.equal((await holding.reply()).status, 200);
  for (const waiting of [first, second]) assert.equal((await waiting.reply()).body, 'done');
  assert.equal((await third.fetch('/job')).body, 'done');
  assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
  assert.match(
    heddle.stderr,
    /^\S+ warning server-0 the queue of the pool is full: GET \/job\?n=3 answered 503\n(\S+ warning [^\n]*\n)?$/,
  );
});

test('--pool-queue 0: as many jobs wait as there are', async () => {
  await using heddle = await spawnHeddle([...ONE_POOL_THREAD, '--pool-queue', '0']);
  await using _holding = await hold(heddle);
  await using waiting = await RawConnection.open(heddle.url);
  await using other = await RawConnection.open(heddle.url);
  waiting.get('/job');
  await heddle.waitForOutput(/asked\n/);
  assert.equal((await other.fetch('/release')).status, 200);
  assert.equal((await waiting.reply()).body, 'done');
});
