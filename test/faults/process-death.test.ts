import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { canHoldPaths, canHoldSockets } from '#native/held-socket.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { Launched } from '../system/launched.ts';
import { RawConnection } from '../system/raw-connection.ts';
import { Load } from './load.ts';

const WHO = 'test/peers/who.ts';
const FAULTS = 'examples/faults/app.ts';
const SIZE = { keepAlive: 6, close: 12 };
const skip = !canHoldSockets() && 'this Node holds no sockets';

/** Resolves when no thread of a process runs: a signal to stop is not obeyed by all of them at once. */
async function untilStopped(pid: number): Promise<void> {
  const folder = `/proc/${pid}/task`;
  const isStopped = (task: string): boolean => / T /.test(readFileSync(`${folder}/${task}/stat`, 'latin1'));
  while (!readdirSync(folder).every(isStopped)) await new Promise((resolve) => setImmediate(resolve));
}

describe('with --launcher', { skip }, () => {
  for (const signal of ['SIGKILL', 'SIGSEGV'] as const) {
    test(`three ${signal} of the server under load refuse nobody, and cost what was under way`, async () => {
      await using launched = await Launched.start([WHO, '-t', '2']);
      await using load = new Load(launched.heddle.url, SIZE);
      await load.untilThreads(2);
      for (let death = 1; death <= 3; death += 1) {
        process.kill(launched.serverPid, signal);
        await launched.untilSuccessors(death);
        await load.untilThreads(2 * (death + 1));
      }
      const { losses, outcomes } = await load.stop();
      assert.deepEqual(await launched.heddle.stop(), { code: 0, signal: null }, launched.heddle.stderr);
      // A connection carries one request at a time, and one that was queued in the kernel survives.
      assert.ok(losses.length <= 3 * (SIZE.keepAlive + SIZE.close), `${losses.length} losses`);
      for (const counts of Object.values(outcomes)) {
        const { 'status 200': answered = 0, reset: _, 'closed before answer': __, ...others } = counts;
        assert.ok(answered > 0);
        assert.deepEqual(others, {});
      }
    });
  }

  test('an allocation that aborts the process costs its request, and is told', async () => {
    await using launched = await Launched.start([FAULTS, '-t', '2', '--thread-memory', '128']);
    await using connection = await RawConnection.open(launched.heddle.url);
    connection.get('/abort');
    await connection.untilGone();
    await launched.untilSuccessors(1);
    await using next = await RawConnection.open(launched.heddle.url);
    assert.equal((await next.fetch('/')).status, 200);
    assert.match(
      launched.heddle.stderr,
      /error launcher process \d+ was killed by SIGABRT; another is started at once\n/,
    );
    assert.equal(
      launched.heddle.stdout.match(/serving/g)?.length,
      1,
      'the line of the first server holds on',
    );
  });

  test('who connects while no server runs waits, and is answered by the next', async () => {
    await using launched = await Launched.start([WHO, '-t', '2']);
    const { serverPid } = launched;
    process.kill(serverPid, 'SIGSTOP');
    await untilStopped(serverPid);
    const connections = await Promise.all(
      Array.from({ length: 20 }, () => RawConnection.open(launched.heddle.url)),
    );
    for (const connection of connections) connection.get('/');
    process.kill(serverPid, 'SIGKILL');
    const replies = await Promise.all(connections.map((connection) => connection.reply()));
    const pids = replies.map(({ body }) =>
      Math.floor((JSON.parse(body) as { threadId: number }).threadId / 1000),
    );
    assert.deepEqual(new Set(pids), new Set([launched.serverPid]));
    for (const connection of connections) await connection[Symbol.asyncDispose]();
  });

  test('a Unix domain socket is the same one behind a death, and is removed at the end', {
    skip: !canHoldPaths() && 'this Node holds no Unix domain sockets',
  }, async () => {
    const path = `${temporaryFolder()}/heddle.sock`;
    await using launched = await Launched.start([WHO, '-t', '2', '--socket', path]);
    process.kill(launched.serverPid, 'SIGKILL');
    await launched.untilSuccessors(1);
    await using connection = await RawConnection.open(path);
    assert.equal((await connection.fetch('/')).status, 200);
    assert.deepEqual(await launched.heddle.stop(), { code: 0, signal: null }, launched.heddle.stderr);
    assert.equal(existsSync(path), false);
  });
});
