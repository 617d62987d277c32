import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HangingRun, type Who } from './hanging-run.ts';

test('a handler that waits for longer than the hang timeout is never touched', async () => {
  await using run = await HangingRun.start({ args: ['--hang-timeout', '600ms'] });
  const { who, connections } = await run.openOnOneThread(1);
  assert.equal((await connections[0]?.fetch('/slow'))?.body, 'slow, and no fault at all\n');
  await run.openOnOneThread(1, who);
  assert.deepEqual(await run.heddle.stop(), { code: 0, signal: null }, run.heddle.stderr);
  assert.equal(run.heddle.stderr, '');
});

test('a thread that has more to do than it can is never touched, though its turns are longer than the hang timeout', async () => {
  await using run = await HangingRun.start({ threads: 1, args: ['--hang-timeout', '600ms'] });
  const { who, connections } = await run.openOnOneThread(100);
  // Each round is a turn of a second: a hundred requests have come by the time that the first is answered.
  for (let round = 0; round < 3; round += 1) {
    for (const connection of connections) connection.get('/burn?ms=10');
    const replies = await Promise.all(connections.map((connection) => connection.reply()));
    for (const { status, body } of replies) {
      assert.equal(status, 200);
      assert.deepEqual(JSON.parse(body) as Who, who);
    }
  }
  assert.deepEqual(await run.heddle.stop(), { code: 0, signal: null }, run.heddle.stderr);
  assert.equal(run.heddle.stderr, '');
});
