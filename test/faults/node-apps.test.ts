import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canDuplicateConnections } from '#native/socket-descriptor.ts';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { RawConnection } from '../system/raw-connection.ts';
import { LOAD_SIZE, Load } from './load.ts';

const APP = 'test/system/fixtures/node-app.ts';

test('reloads of a Node app under load lose no request', async () => {
  await using heddle = await spawnHeddle([APP, '--threads', '2']);
  await using load = new Load(heddle.url, LOAD_SIZE);
  await load.untilThreads(2);
  for (let reload = 1; reload <= 3; reload += 1) {
    process.kill(heddle.pid, 'SIGHUP');
    await heddle.waitForOutput(new RegExp(`generation ${reload + 1} serves`));
    await load.untilThreads(2 * (reload + 1));
  }
  await heddle.waitForOutput(/generation 3 has ended/);
  const { losses } = await load.stop();
  assert.deepEqual(losses, []);
  assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
  assert.doesNotMatch(heddle.stderr, /died|cut|stopped/);
});

test('SIGTERM under load: no connection that a Node app has loses a request', async () => {
  await using heddle = await spawnHeddle([APP, '--threads', '2']);
  await using load = new Load(heddle.url, LOAD_SIZE);
  await load.untilThreads(2);
  await load.untilMoreAnswers(200);
  process.kill(heddle.pid, 'SIGTERM');
  assert.deepEqual(await heddle.exited, { code: 0, signal: null }, heddle.stderr);
  const { losses } = await load.stop();
  // One that came just as the socket was closed may be reset by the system.
  assert.deepEqual(
    losses.filter(({ threadId }) => threadId !== undefined),
    [],
  );
});

test('a thread of a Node app that hangs: its requests are 503, its idle connections go on elsewhere', async () => {
  await using heddle = await spawnHeddle([APP, '--threads', '1', '--hang-timeout', '1s']);
  const connections = await Promise.all(Array.from({ length: 4 }, () => RawConnection.open(heddle.url)));
  const [hanging, idle, fresh, partial] = connections as [
    RawConnection,
    RawConnection,
    RawConnection,
    RawConnection,
  ];
  const answered = JSON.parse((await idle.fetch('/')).body) as { threadId: number };
  // Accepted last, so that all are; then part of a head has been read: what comes of the rest is no request.
  await partial.fetch('/');
  partial.send('GET / HTTP/1.1\r\n');
  await idle.fetch('/');
  // With two requests in flight only the context of the stopped code tells which of them it is.
  await using waiting = await RawConnection.open(heddle.url);
  waiting.get('/wait');
  await heddle.waitForOutput(/\/wait has come/);
  hanging.get('/hang');
  assert.equal((await hanging.reply()).status, 503);
  assert.equal((await waiting.reply()).status, 503);
  partial.send('Host: h\r\n\r\n');
  // Where the thread keeps its connections to its end, its last turn may answer it.
  const last = await partial.untilGone();
  if (canDuplicateConnections()) assert.equal(last, '');
  const log = await heddle.waitForOutput(/clients of server-0: .*\n/);
  assert.match(log, /request: GET \/hang \(for [\d.]+ s\)\n +at answer \(.*node-app\.ts:\d+/);
  if (canDuplicateConnections()) {
    assert.match(log, /clients of server-0: 2 moved to other threads, 2 answered with 503, 1 closed/);
    const moved = JSON.parse((await idle.fetch('/')).body) as { threadId: number };
    assert.notEqual(moved.threadId, answered.threadId);
    assert.equal((await fresh.fetch('/')).status, 200);
  }
  for (const connection of connections) await connection[Symbol.asyncDispose]();
  assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
});

test('--max-requests counts those of all threads of a Node app, also pipelined ones', async () => {
  await using heddle = await spawnHeddle([APP, '--threads', '2', '--max-requests', '7', '--idle-grace', '0']);
  const connections = await Promise.all(Array.from({ length: 3 }, () => RawConnection.open(heddle.url)));
  for (const connection of connections) connection.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(5));
  const answers = await Promise.all(connections.map((connection) => connection.untilGone()));
  assert.equal(answers.join('').match(/HTTP\/1\.1 200 OK/g)?.length, 7);
  assert.deepEqual(await heddle.exited, { code: 0, signal: null }, heddle.stderr);
});
