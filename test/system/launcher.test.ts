import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { canHoldSockets } from '#native/held-socket.ts';
import { MAIN, PROJECT_ROOT, runHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { Launched } from './launched.ts';
import { RawConnection, untilRefused } from './raw-connection.ts';

const APP = 'test/system/fixtures/paths.ts';
const FAILS_WHEN_TOLD = 'test/system/fixtures/fails-when-told.ts';
const START = [APP, '--threads', '1'];
const skip = !canHoldSockets() && 'this Node holds no sockets';

describe('a signal to a launcher', { skip }, () => {
  test('that ends: the request in flight is answered, nobody else is let wait, and the exit is 0', async () => {
    await using launched = await Launched.start([...START, '--idle-grace', '10s']);
    const { url, pid } = launched.heddle;
    await using waiting = await RawConnection.open(url);
    await using idle = await RawConnection.open(url);
    assert.equal((await idle.fetch('/')).status, 200);
    waiting.get('/wait');
    await launched.heddle.waitForOutput(/\/wait has come/);
    process.kill(pid, 'SIGTERM');
    // Not before the launcher has closed its copies too.
    await untilRefused(url);
    assert.equal((await idle.fetch('/release')).body, 'released');
    assert.equal((await waiting.reply()).body, 'waited');
    assert.deepEqual(await launched.heddle.exited, { code: 0, signal: null }, launched.heddle.stderr);
    assert.equal(launched.heddle.stderr, '');
  });

  test('that ends, sent to the server too as a group is, is one signal', async () => {
    await using launched = await Launched.start([...START, '--idle-grace', '10s']);
    await using waiting = await RawConnection.open(launched.heddle.url);
    waiting.get('/wait');
    await launched.heddle.waitForOutput(/\/wait has come/);
    await using idle = await RawConnection.open(launched.heddle.url);
    assert.equal((await idle.fetch('/')).status, 200);
    for (const pid of [launched.serverPid, launched.heddle.pid]) process.kill(pid, 'SIGINT');
    await untilRefused(launched.heddle.url);
    assert.equal((await idle.fetch('/release')).body, 'released');
    assert.equal((await waiting.reply()).body, 'waited');
    assert.deepEqual(await launched.heddle.exited, { code: 0, signal: null }, launched.heddle.stderr);
  });

  test('the second that ends: both die of it', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      await using launched = await Launched.start([...START, '--drain-timeout', '1h']);
      await using never = await RawConnection.open(launched.heddle.url);
      never.get('/never');
      await launched.heddle.waitForOutput(/\/never has come/);
      process.kill(launched.heddle.pid, signal);
      await untilRefused(launched.heddle.url);
      process.kill(launched.heddle.pid, signal);
      assert.deepEqual(await launched.heddle.exited, { code: null, signal });
    }
  });

  test('the second that ends: a server that no signal reaches is killed', async () => {
    await using launched = await Launched.start(START);
    const { serverPid } = launched;
    process.kill(serverPid, 'SIGSTOP');
    for (let count = 0; count < 2; count += 1) process.kill(launched.heddle.pid, 'SIGTERM');
    // Two of a kind that follow at once may be one to the process; the third is then the second.
    process.kill(launched.heddle.pid, 'SIGINT');
    assert.deepEqual(await launched.heddle.exited, { code: 137, signal: null }, launched.heddle.stderr);
  });

  test('leaves nothing behind: the compile cache of its servers, which nobody else could write to, is removed', async () => {
    const folder = temporaryFolder();
    await using launched = await Launched.start(START, {
      env: { TMPDIR: folder, NODE_COMPILE_CACHE: undefined },
    });
    const [cache = ''] = readdirSync(folder);
    assert.equal(statSync(`${folder}/${cache}`).mode & 0o777, 0o700);
    process.kill(launched.serverPid, 'SIGKILL');
    await launched.untilSuccessors(1);
    assert.notDeepEqual(readdirSync(`${folder}/${cache}`), [], 'there is something in it meanwhile');
    assert.deepEqual(await launched.heddle.stop(), { code: 0, signal: null }, launched.heddle.stderr);
    assert.deepEqual(readdirSync(folder), []);
  });

  test('SIGHUP: the server reloads', async () => {
    await using launched = await Launched.start(START);
    const { serverPid } = launched;
    process.kill(launched.heddle.pid, 'SIGHUP');
    await launched.heddle.waitForOutput(/generation 2 serves/);
    assert.equal(launched.serverPid, serverPid);
    assert.deepEqual(await launched.heddle.stop(), { code: 0, signal: null }, launched.heddle.stderr);
  });

  test('that ends, behind a death: the server that followed ends in order', async () => {
    await using launched = await Launched.start(START);
    process.kill(launched.serverPid, 'SIGKILL');
    await launched.untilSuccessors(1);
    await using waiting = await RawConnection.open(launched.heddle.url);
    waiting.get('/wait');
    await launched.heddle.waitForOutput(/\/wait has come/);
    process.kill(launched.heddle.pid, 'SIGTERM');
    await untilRefused(launched.heddle.url);
    process.kill(launched.serverPid, 'SIGKILL');
    assert.equal(await waiting.untilGone(), '');
    assert.deepEqual(await launched.heddle.exited, { code: 137, signal: null }, launched.heddle.stderr);
    assert.equal(launched.heddle.stderr.match(/another is started/g)?.length, 1);
    assert.match(launched.heddle.stderr, /process \d+ was killed by SIGKILL while it ended\n$/);
  });
});

describe('a server under a launcher', { skip }, () => {
  test('that ends by itself ends the launcher, with its exit code', async () => {
    await using launched = await Launched.start([...START, '--max-requests', '1', '--idle-grace', '0']);
    await using connection = await RawConnection.open(launched.heddle.url);
    assert.equal((await connection.fetch('/')).status, 200);
    assert.deepEqual(await launched.heddle.exited, { code: 0, signal: null }, launched.heddle.stderr);
  });

  test('may send its parent what is meant for another: it is started anew all the same', async () => {
    // As `node --watch` has it: then Node tells the parent of each module.
    await using launched = await Launched.start(START, { env: { WATCH_REPORT_DEPENDENCIES: '1' } });
    process.kill(launched.serverPid, 'SIGKILL');
    await launched.untilSuccessors(1);
    assert.deepEqual(await launched.heddle.stop(), { code: 0, signal: null }, launched.heddle.stderr);
  });

  test('that is told to end twice, itself, ends the launcher too', async () => {
    await using launched = await Launched.start([...START, '--shutdown-delay', '1h', '--admin', '0']);
    const admin = /heddle: admin on (\S+)/.exec(launched.heddle.stdout)?.[1] ?? '';
    const { serverPid } = launched;
    process.kill(serverPid, 'SIGTERM');
    while ((await fetch(`${admin}readyz`)).status !== 503);
    process.kill(serverPid, 'SIGTERM');
    assert.deepEqual(await launched.heddle.exited, { code: null, signal: 'SIGTERM' }, launched.heddle.stderr);
    assert.equal(launched.heddle.stderr, '');
  });

  test('is for no debugger', async () => {
    const command = [process.execPath, '--inspect=0', MAIN] as const;
    const { code, stderr } = await runHeddle([...START, '--launcher'], { command });
    assert.equal(code, 1);
    assert.match(stderr, /heddle: A debugger is for one process, and --launcher makes two\./);
  });

  test('that cannot start is not started again: same words, same exit code', async () => {
    await using other = await Launched.start(START);
    const { port } = new URL(other.heddle.url);
    const { code, stderr } = await runHeddle([...START, '--launcher', '--port', port]);
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^heddle: Port ${port} on \\S+ is taken by [^\\n]+\\n$`));
  });

  test('whose successors cannot start is given up after five tries, unless one can', async () => {
    const file = `${temporaryFolder()}/fail`;
    await using launched = await Launched.start([FAILS_WHEN_TOLD, '-t', '1'], { env: { FAIL_FILE: file } });
    const { heddle } = launched;
    writeFileSync(file, '2');
    process.kill(launched.serverPid, 'SIGKILL');
    await launched.untilSuccessors(1);
    assert.equal(await (await fetch(heddle.url)).text(), 'loaded');
    assert.equal(heddle.stderr.match(/ended with code 1; another is started/g)?.length, 2);
    writeFileSync(file, '9');
    process.kill(launched.serverPid, 'SIGKILL');
    assert.deepEqual(await heddle.exited, { code: 1, signal: null }, heddle.stderr);
    assert.match(
      heddle.stderr,
      /ended with code 1 before it served; 5 starts in a row have failed, and no more are tried\n$/,
    );
  });

  test('ends in order when its launcher is killed, and lets go of the port', async () => {
    const folder = temporaryFolder();
    const env = { TMPDIR: folder, NODE_COMPILE_CACHE: undefined };
    await using launched = await Launched.start([...START, '--idle-grace', '10s'], { env });
    const { url } = launched.heddle;
    await using waiting = await RawConnection.open(url);
    await using idle = await RawConnection.open(url);
    assert.equal((await idle.fetch('/')).status, 200);
    waiting.get('/wait');
    await launched.heddle.waitForOutput(/\/wait has come/);
    process.kill(launched.heddle.pid, 'SIGKILL');
    await untilRefused(url);
    assert.equal((await idle.fetch('/release')).body, 'released');
    assert.equal((await waiting.reply()).body, 'waited');
    // Until both of its outputs are closed, which the server has too.
    assert.deepEqual(await launched.heddle.exited, { code: null, signal: 'SIGKILL' });
    assert.deepEqual(readdirSync(folder), [], 'the compile cache is removed, too');
    assert.match(launched.heddle.stderr, /^heddle: the launcher is gone/);
  });

  test('that is being started dies of the signal, and the launcher of it too', async () => {
    const args = [MAIN, 'test/system/fixtures/never-loads.ts', '--launcher', '--port', '0'];
    const child = spawn(process.execPath, args, {
      cwd: PROJECT_ROOT,
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'close'), [null, 'SIGTERM']);
  });
});
