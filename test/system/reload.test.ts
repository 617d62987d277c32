import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { RawConnection } from './raw-connection.ts';

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
    process.kill(heddle.pid, 'SIGHUP');
    assert.equal((await idle.fetch('/release')).body, 'released');
    assert.equal((await waiting.reply()).body, 'waited');
    assert.deepEqual(await heddle.exited, { code: 0, signal: null }, heddle.stderr);
    assert.equal(heddle.stderr, '');
  });
});
