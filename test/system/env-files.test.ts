import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { runHeddle, type SpawnedHeddle, spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { RawConnection } from './raw-connection.ts';

const APP = `export default {
  async fetch(_, { env, pool }) {
    const { A, NODE_ENV } = env;
    const job = await pool.execute(() => process.env.A);
    return Response.json({ A, NODE_ENV, job });
  },
};`;

async function envOf({ url }: SpawnedHeddle): Promise<unknown> {
  await using connection = await RawConnection.open(url);
  return JSON.parse((await connection.fetch('/')).body);
}

const OPTIONS = { anyPort: false, env: { NODE_ENV: undefined } };
const FLAGS = ['--threads', '1', '--idle-grace', '0'];

describe('environment files', () => {
  test('are there before options are read, and in server and pool threads', async () => {
    const cwd = temporaryFolder({ 'app.mjs': APP, '.env': 'PORT=0\nA=file\nHEDDLE_THREADS=1\n' });
    await using heddle = await spawnHeddle(['app.mjs', '--idle-grace', '0'], { ...OPTIONS, cwd });
    assert.match(heddle.stdout, /\(1 thread: as asked/);
    assert.deepEqual(await envOf(heddle), { A: 'file', NODE_ENV: 'production', job: 'file' });
  });

  test('are read again by a reload, options too', async () => {
    const cwd = temporaryFolder({ 'app.mjs': APP, '.env': 'PORT=0\nA=one\n' });
    await using heddle = await spawnHeddle(['app.mjs', ...FLAGS], { ...OPTIONS, cwd });
    writeFileSync(`${cwd}/.env`, 'PORT=0\nA=two\nHEDDLE_KEEP_ALIVE=9s\n');
    process.kill(heddle.pid, 'SIGHUP');
    await heddle.waitForOutput(/generation 2 serves/);
    assert.deepEqual(await envOf(heddle), { A: 'two', NODE_ENV: 'production', job: 'two' });
    await using connection = await RawConnection.open(heddle.url);
    assert.equal((await connection.fetch('/')).headers.get('keep-alive'), 'timeout=8');
    writeFileSync(`${cwd}/.env`, 'A="two');
    process.kill(heddle.pid, 'SIGHUP');
    await heddle.waitForOutput(
      /reload failed, generation 2 serves on\n.*\.env:1: the value of A begins with "/,
    );
    assert.deepEqual(await envOf(heddle), { A: 'two', NODE_ENV: 'production', job: 'two' });
  });

  test('are read again by a server under a launcher', async () => {
    const cwd = temporaryFolder({ 'app.mjs': APP, '.env': 'PORT=0\nA=one\n' });
    await using heddle = await spawnHeddle(['app.mjs', ...FLAGS, '--launcher'], { ...OPTIONS, cwd });
    writeFileSync(`${cwd}/.env`, 'PORT=0\nA=two\n');
    process.kill(heddle.pid, 'SIGHUP');
    await heddle.waitForOutput(/generation 2 serves/);
    assert.deepEqual(await envOf(heddle), { A: 'two', NODE_ENV: 'production', job: 'two' });
  });

  test('are watched with the app, which is in development then', async () => {
    const cwd = temporaryFolder({ 'app/app.mjs': APP, '.env': 'PORT=0\nA=one\n', '.env.production': 'A=no' });
    await using heddle = await spawnHeddle(['app/app.mjs', ...FLAGS, '--watch'], { ...OPTIONS, cwd });
    assert.deepEqual(await envOf(heddle), { A: 'one', NODE_ENV: 'development', job: 'one' });
    writeFileSync(`${cwd}/.env.local`, 'A=two\n');
    await heddle.waitForOutput(/reloading \(\.env\.local changed\)/);
    await heddle.waitForOutput(/generation 2 serves/);
    assert.deepEqual(await envOf(heddle), { A: 'two', NODE_ENV: 'development', job: 'two' });
    rmSync(`${cwd}/.env.local`);
    await heddle.waitForOutput(/generation 3 serves/);
    assert.deepEqual(await envOf(heddle), { A: 'one', NODE_ENV: 'development', job: 'one' });
  });

  test('are left alone where that is asked for, and replaced by one that is named', async () => {
    const cwd = temporaryFolder({ 'app.mjs': APP, '.env': 'A=file\n', 'own.env': 'A=own\n' });
    const answer = async (...flags: readonly string[]) => {
      const { stdout, stderr } = await runHeddle(['fetch', 'app.mjs', ...flags], { ...OPTIONS, cwd });
      assert.equal(stderr, '');
      return (JSON.parse(stdout) as { A?: string }).A;
    };
    assert.equal(await answer(), 'file');
    assert.equal(await answer('--no-env-file'), undefined);
    assert.equal(await answer('--env-file', 'own.env'), 'own');
  });

  test('that cannot be read are one line on standard error', async () => {
    const cwd = temporaryFolder({ 'app.mjs': APP, '.env/x': '' });
    const { code, stderr } = await runHeddle(['app.mjs'], { ...OPTIONS, cwd });
    assert.equal(code, 1);
    assert.match(stderr, /^heddle: The environment file \.env cannot be read: it is a folder\.[^\n]*\n$/);
  });
});
