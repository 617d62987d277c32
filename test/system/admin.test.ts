import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ThreadsReport } from '#server/thread-report.ts';
import { runHeddle, type SpawnedHeddle, spawnHeddle } from '../support/spawn-heddle.ts';
import { RawConnection } from './raw-connection.ts';

const FAULTS = 'examples/faults/app.ts';
const PATHS = 'test/system/fixtures/paths.ts';
/** More requests than any number of threads could hold at a time, were each to hang one. */
const MOST_LOOPS = 40;

function adminOf(heddle: SpawnedHeddle): string {
  const url = /heddle: admin on (\S+)/.exec(heddle.stdout)?.[1];
  assert.ok(url, heddle.stdout);
  return url;
}

async function ask(url: string): Promise<[number, string]> {
  await using connection = await RawConnection.open(url);
  const { status, body } = await connection.fetch(new URL(url).pathname);
  return [status, body.trimEnd()];
}

async function threadsOf(admin: string): Promise<ThreadsReport> {
  return JSON.parse((await ask(`${admin}threads`))[1]) as ThreadsReport;
}

describe('--admin', () => {
  test('answers while every thread hangs, and tells so', async () => {
    const flags = ['-t', '2', '--hang-timeout', '0', '--stall-timeout', '100ms'];
    await using heddle = await spawnHeddle([FAULTS, ...flags, '--admin', '0']);
    const admin = adminOf(heddle);
    await using connections = new AsyncDisposableStack();
    // Two threads, and then the one that is started to stand in for them.
    for (let loops = 0; (await ask(`${admin}readyz`))[1] !== 'no thread is healthy'; ) {
      if (loops++ >= MOST_LOOPS) continue;
      connections.use(await RawConnection.open(heddle.url)).get('/loop');
      await threadsOf(admin);
    }
    assert.deepEqual(await ask(`${admin}readyz`), [503, 'no thread is healthy']);
    assert.deepEqual(await ask(`${admin}livez`), [200, 'ok']);
    const stalled = (await threadsOf(admin)).server.filter(({ beat }) => beat === 'stalled');
    assert.ok(stalled.length >= 2);
    for (const { phase, utilization, requests } of stalled) {
      assert.deepEqual([phase, utilization], ['ready', 1]);
      assert.ok(requests !== null && requests >= 1);
    }
  });

  test('does not wait for a thread that native code holds', async () => {
    const flags = ['-t', '1', '--hang-timeout', '0', '--stall-timeout', '100ms'];
    await using heddle = await spawnHeddle([FAULTS, ...flags, '--admin', '0']);
    const admin = adminOf(heddle);
    await using native = await RawConnection.open(heddle.url);
    native.get('/native');
    let report = await threadsOf(admin);
    while (report.server[0]?.beat !== 'stalled') report = await threadsOf(admin);
    report = await threadsOf(admin);
    assert.deepEqual([report.server[0]?.memory, report.server[0]?.connections], [null, 1]);
  });

  test('says at once that a shutdown has begun; until the delay is over all is served as before', async () => {
    await using heddle = await spawnHeddle([PATHS, '-t', '2', '--admin', '0', '--shutdown-delay', '1h']);
    const admin = adminOf(heddle);
    assert.deepEqual(await ask(`${admin}readyz`), [200, 'ok']);
    await using kept = await RawConnection.open(heddle.url);
    await kept.fetch('/');
    process.kill(heddle.pid, 'SIGTERM');
    while ((await ask(`${admin}readyz`))[0] !== 503);
    assert.deepEqual(await ask(`${admin}readyz`), [503, 'shutting down']);
    for (let n = 0; n < 5; n += 1) {
      await using fresh = await RawConnection.open(heddle.url);
      for (const connection of [kept, fresh]) {
        const { status, headers } = await connection.fetch('/');
        assert.deepEqual([status, headers.get('connection')], [200, 'keep-alive']);
      }
    }
    // A second signal leaves at once.
    process.kill(heddle.pid, 'SIGTERM');
    assert.deepEqual(await heddle.exited, { code: null, signal: 'SIGTERM' });
  });

  test('goes with the server when the delay and the drain are over', async () => {
    const flags = ['-t', '2', '--admin', '0', '--shutdown-delay', '200ms', '--idle-grace', '0'];
    await using heddle = await spawnHeddle([PATHS, ...flags]);
    await using kept = await RawConnection.open(adminOf(heddle));
    assert.equal((await kept.fetch('/livez')).status, 200);
    assert.deepEqual(await heddle.stop(), { code: 0, signal: null });
    assert.equal(await kept.untilEnd(), '');
    assert.equal(heddle.stderr, '');
  });

  test('a bad value, and a port in use, are one line each and exit 1', async () => {
    await using heddle = await spawnHeddle([PATHS, '-t', '1']);
    const { port } = new URL(heddle.url);
    for (const [value, line] of [
      ['abc', /^heddle: --admin: "abc" is not a port, host:port or \[IPv6\]:port[^\n]*\n$/],
      ['99999', /^heddle: --admin: "99999" is not a port[^\n]*\n$/],
      [port, new RegExp(`^heddle: Port ${port} on 127\\.0\\.0\\.1 is taken by [^\n]* Use --admin [^\n]*\n$`)],
    ] as const) {
      const { code, stdout, stderr } = await runHeddle([PATHS, '--port', '0', '--admin', value]);
      assert.deepEqual([code, stdout], [1, ''], value);
      assert.match(stderr, line);
    }
  });
});
