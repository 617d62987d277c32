import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runHeddle, spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { RawConnection, untilRefused } from './raw-connection.ts';

/** The text of an app that answers with its version. */
function versionApp(version: string): string {
  return `export default { fetch: () => new Response('${version}') };`;
}

async function bodyOf(url: string): Promise<string> {
  await using connection = await RawConnection.open(url);
  return (await connection.fetch('/')).body;
}

describe('SIGHUP, where no terminal is at standard input', () => {
  test('reloads: the app is loaded anew, and the log says so', async () => {
    const app = `${temporaryFolder({ 'app.mjs': versionApp('one') })}/app.mjs`;
    await using heddle = await spawnHeddle([app, '--threads', '2', '--idle-grace', '0']);
    assert.equal(await bodyOf(heddle.url), 'one');
    writeFileSync(app, versionApp('two'));
    process.kill(heddle.pid, 'SIGHUP');
    await heddle.waitForOutput(/info main reloading \(SIGHUP\)\n/);
    await heddle.waitForOutput(/info main generation 2 serves, in \d+ ms\n/);
    assert.equal(await bodyOf(heddle.url), 'two');
    await heddle.waitForOutput(/info main generation 1 has ended, in \d+ ms\n/);
    assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
  });

  test('serves on as before, and says why, where the app cannot be loaded', async () => {
    const app = `${temporaryFolder({ 'app.mjs': versionApp('one') })}/app.mjs`;
    await using heddle = await spawnHeddle([app, '--threads', '2']);
    writeFileSync(app, 'export default {');
    process.kill(heddle.pid, 'SIGHUP');
    await heddle.waitForOutput(
      /error main reload failed, generation 1 serves on\n.*app\.mjs could not be loaded/,
    );
    assert.equal(await bodyOf(heddle.url), 'one');
    assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
  });

  test('does not disturb a shutdown', async () => {
    await using heddle = await spawnHeddle([
      'test/system/fixtures/paths.ts',
      ...['--threads', '1', '--idle-grace', '10s'],
    ]);
    await using waiting = await RawConnection.open(heddle.url);
    await using idle = await RawConnection.open(heddle.url);
    await idle.fetch('/');
    waiting.get('/wait');
    await heddle.waitForOutput(/\/wait has come/);
    process.kill(heddle.pid, 'SIGTERM');
    await untilRefused(heddle.url);
    process.kill(heddle.pid, 'SIGHUP');
    assert.equal((await idle.fetch('/release')).body, 'released');
    assert.equal((await waiting.reply()).body, 'waited');
    assert.deepEqual(await heddle.exited, { code: 0, signal: null }, heddle.stderr);
    assert.equal(heddle.stderr, '');
  });
});

describe('--watch', () => {
  test('reloads when a file of the folder changes, also one below, and serves on where it cannot', async () => {
    const folder = temporaryFolder({
      'app.mjs':
        "import { version } from './lib/version.mjs'; export default { fetch: () => new Response(version) };",
      'lib/version.mjs': "export const version = 'one';",
    });
    await using heddle = await spawnHeddle([`${folder}/app.mjs`, '--threads', '2', '--watch']);
    assert.equal(await bodyOf(heddle.url), 'one');
    writeFileSync(`${folder}/lib/version.mjs`, "export const version = 'two';");
    await heddle.waitForOutput(/reloading \(lib\/version\.mjs changed\)[\s\S]*generation 2 serves/);
    assert.equal(await bodyOf(heddle.url), 'two');
    writeFileSync(`${folder}/lib/version.mjs`, 'export const version = ');
    await heddle.waitForOutput(/reload failed, generation 2 serves on/);
    assert.equal(await bodyOf(heddle.url), 'two');
    mkdirSync(`${folder}/node_modules`);
    writeFileSync(`${folder}/node_modules/a.mjs`, 'x');
    writeFileSync(`${folder}/.hidden`, 'x');
    writeFileSync(`${folder}/lib/version.mjs`, "export const version = 'three';");
    await heddle.waitForOutput(/generation 3 serves/);
    assert.equal(await bodyOf(heddle.url), 'three');
    assert.doesNotMatch(heddle.stderr, /node_modules|hidden/);
    assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
  });

  test('is not set off by the log of the command itself', async () => {
    const folder = temporaryFolder({ 'app.mjs': versionApp('one') });
    const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
    // Its log goes to a file in the folder that it watches.
    const log = `${folder}/log.txt`;
    const command = ['/bin/sh', '-c', 'exec "$@" 2> "$0"', log, process.execPath, main] as const;
    await using heddle = await spawnHeddle([`${folder}/app.mjs`, '--threads', '1', '--watch'], { command });
    for (const version of ['two', 'three']) {
      writeFileSync(`${folder}/app.mjs`, versionApp(version));
      while ((await bodyOf(heddle.url)) !== version);
    }
    assert.deepEqual(await heddle.stop(), { code: 0, signal: null });
    const reasons = readFileSync(log, 'utf8').match(/reloading \(.*\)/g) ?? [];
    assert.deepEqual([...new Set(reasons)], ['reloading (app.mjs changed)']);
  });

  test('is refused for a folder, which needs none', async () => {
    const { code, stderr } = await runHeddle(['docs', '--watch']);
    assert.equal(code, 1);
    assert.match(stderr, /^heddle: A folder needs no --watch/);
  });
});
