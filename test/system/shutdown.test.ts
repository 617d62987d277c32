import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { MAIN, PROJECT_ROOT, spawnHeddle } from '../support/spawn-heddle.ts';
import { RawConnection, untilRefused } from './raw-connection.ts';

const APP = 'test/system/fixtures/paths.ts';
const FAULTS = 'examples/faults/app.ts';
const PATIENT_APP = 'test/system/fixtures/patient.ts';
const START = [APP, '--threads', '1'];

describe('a shutdown', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal}: the request in flight is answered and told to close, then the exit is 0`, async () => {
      await using heddle = await spawnHeddle([...START, '--idle-grace', '10s']);
      await using waiting = await RawConnection.open(heddle.url);
      await using idle = await RawConnection.open(heddle.url);
      assert.equal((await idle.fetch('/')).status, 200);
      waiting.get('/wait');
      await heddle.waitForOutput(/\/wait has come/);
      process.kill(heddle.pid, signal);
      // Nobody listens any more; the idle connection, within its grace, still carries a request.
      await untilRefused(heddle.url);
      const released = await idle.fetch('/release');
      assert.equal(released.body, 'released');
      assert.equal(released.headers.get('connection'), 'close');
      const waited = await waiting.reply();
      assert.equal(waited.body, 'waited');
      assert.equal(waited.headers.get('connection'), 'close');
      assert.equal(await waiting.untilEnd(), '');
      assert.equal(await idle.untilEnd(), '');
      assert.deepEqual(await heddle.exited, { code: 0, signal: null }, heddle.stderr);
      assert.equal(heddle.stderr, '');
    });
  }

  test('an idle connection is closed behind its grace, and the process ends then', async () => {
    await using heddle = await spawnHeddle([...START, '--idle-grace', '100ms', '--keep-alive', '1h']);
    await using idle = await RawConnection.open(heddle.url);
    await using fresh = await RawConnection.open(heddle.url);
    assert.equal((await idle.fetch('/')).status, 200);
    process.kill(heddle.pid, 'SIGTERM');
    assert.equal(await idle.untilEnd(), '');
    assert.equal(await fresh.untilEnd(), '');
    assert.deepEqual(await heddle.exited, { code: 0, signal: null }, heddle.stderr);
  });

  test('a request that takes longer than the drain is cut and listed, and the exit is 1', async () => {
    await using heddle = await spawnHeddle([...START, '--drain-timeout', '300ms', '--idle-grace', '0']);
    await using never = await RawConnection.open(heddle.url);
    never.get('/never?n=1');
    await heddle.waitForOutput(/\/never1 has come/);
    process.kill(heddle.pid, 'SIGTERM');
    assert.equal(await never.untilGone(), '');
    assert.deepEqual(await heddle.exited, { code: 1, signal: null });
    assert.equal(heddle.stderr, 'heddle: cut GET /never?n=1\n');
  });

  test('at a second signal the process dies of it at once', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      await using heddle = await spawnHeddle([...START, '--drain-timeout', '1h']);
      await using never = await RawConnection.open(heddle.url);
      never.get('/never');
      await heddle.waitForOutput(/\/never has come/);
      process.kill(heddle.pid, signal);
      await untilRefused(heddle.url);
      process.kill(heddle.pid, signal);
      assert.deepEqual(await heddle.exited, { code: null, signal });
    }
  });

  test('a second signal ends the process also where native code holds a thread', async () => {
    await using heddle = await spawnHeddle([FAULTS, '--threads', '2', '--drain-timeout', '1h']);
    await using stuck = await RawConnection.open(heddle.url);
    stuck.get('/native');
    await heddle.waitForOutput(/native code holds the thread/);
    // The other thread answers it, and ends it behind its grace: the shutdown is under way.
    await using idle = await RawConnection.open(heddle.url);
    await idle.fetch('/');
    process.kill(heddle.pid, 'SIGTERM');
    await idle.untilGone();
    process.kill(heddle.pid, 'SIGTERM');
    assert.deepEqual(await heddle.exited, { code: null, signal: 'SIGTERM' });
  });

  test("waits as long as the app's own drainMs says, not as long as what it overrides", async () => {
    const env = { HEDDLE_DRAIN_TIMEOUT: '0', HEDDLE_IDLE_GRACE: '0' };
    await using heddle = await spawnHeddle([PATIENT_APP, '--threads', '1'], { env });
    await using slow = await RawConnection.open(heddle.url);
    slow.get('/slow');
    await heddle.waitForOutput(/\/slow has come/);
    process.kill(heddle.pid, 'SIGTERM');
    assert.equal((await slow.reply()).body, 'patient');
    assert.deepEqual(await heddle.exited, { code: 0, signal: null }, heddle.stderr);
  });

  test('ends as ever where nobody reads its outputs any more, though it has something to say', async () => {
    const args = [MAIN, 'examples/hello/app.ts', '-t', '1', '--port', '0'];
    const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
    const child = spawn(process.execPath, args, {
      cwd: PROJECT_ROOT,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await once(child.stdout, 'data');
    for (const output of [child.stdout, child.stderr]) output.destroy();
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });

  test('a thread that does not end is stopped and named, and the exit is 1', async () => {
    await using heddle = await spawnHeddle([PATIENT_APP, '--threads', '1', '--drain-timeout', '100ms']);
    await using stuck = await RawConnection.open(heddle.url);
    stuck.get('/loop');
    await heddle.waitForOutput(/\/loop has come/);
    process.kill(heddle.pid, 'SIGTERM');
    assert.deepEqual(await heddle.exited, { code: 1, signal: null }, heddle.stderr);
    assert.match(heddle.stderr, /heddle: stopped server-0, which did not end\n/);
  });

  test('new connections are refused once every thread has stopped accepting', async () => {
    await using heddle = await spawnHeddle([APP, '--threads', '3', '--drain-timeout', '1h']);
    await using never = await RawConnection.open(heddle.url);
    never.get('/never');
    await heddle.waitForOutput(/\/never has come/);
    process.kill(heddle.pid, 'SIGTERM');
    await untilRefused(heddle.url);
    // And stays so, whichever thread the kernel would have chosen.
    for (let n = 0; n < 20; n += 1) {
      await assert.rejects(RawConnection.open(heddle.url), { code: 'ECONNREFUSED' });
    }
  });
});
