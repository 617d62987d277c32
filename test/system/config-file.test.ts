import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeAccount } from '#server/new-account.ts';
import { MAIN, spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What a host answers at a path: status and content. */
function ask(url: string, host: string, path = '/'): Promise<string> {
  return new Promise((resolve, reject) => {
    const client = request(new URL(path, url), { headers: { host }, agent: false }, async (answer) => {
      let text = '';
      for await (const part of answer.setEncoding('utf8')) text += part;
      resolve(`${answer.statusCode} ${text.trim()}`);
    });
    client.on('error', reject).end();
  });
}

const SITES = {
  'a/index.html': 'site a',
  'b/index.html': 'site b',
  'app.ts': `export default { headers: { 'x-of': 'module' }, fetch: () => new Response('app') };`,
};

test('heddle alone serves what heddle.config.ts says, and a reload reads it again', async () => {
  const cwd = temporaryFolder({
    ...SITES,
    'heddle.config.ts': `
      const hosts: string[] = ['a.example', '*.a.example'];
      export default { threads: 2, idleGraceMs: 0, virtualHosts: [{ host: hosts, static: './a' }] };`,
  });
  await using heddle = await spawnHeddle([], { cwd });
  assert.match(heddle.stdout, /serving heddle\.config\.ts on .*2 threads/);
  assert.equal(await ask(heddle.url, 'a.example'), '200 site a');
  assert.equal(await ask(heddle.url, 'x.a.example'), '200 site a');
  assert.equal(await ask(heddle.url, 'b.example'), '421 421 Misdirected Request');

  const config = join(cwd, 'heddle.config.ts');
  writeFileSync(
    config,
    `export default { idleGraceMs: 0, virtualHosts: [{ host: 'b.example', static: './b' }] };`,
  );
  process.kill(heddle.pid, 'SIGHUP');
  await heddle.waitForOutput(/generation 1 has ended/);
  assert.equal(await ask(heddle.url, 'b.example'), '200 site b');
  assert.equal(await ask(heddle.url, 'a.example'), '421 421 Misdirected Request');

  writeFileSync(config, 'export default { prot: 80 };');
  process.kill(heddle.pid, 'SIGHUP');
  await heddle.waitForOutput(/reload failed, generation 2 serves on/);
  await heddle.waitForOutput(/heddle\.config\.ts: there is no option prot/);
  assert.equal(await ask(heddle.url, 'b.example'), '200 site b');
});

test('beside an app hosts have their folders, and all others the app; a named target goes before', async () => {
  const cwd = temporaryFolder({
    ...SITES,
    'other.ts': `export default { fetch: () => new Response('other') };`,
    'my.config.ts': `export default { app: './app.ts', threads: 1, virtualHosts: [{ host: 'a.example', static: './a' }] };`,
  });
  await using heddle = await spawnHeddle(['-c', 'my.config.ts'], { cwd });
  assert.equal(await ask(heddle.url, 'a.example'), '200 site a');
  assert.equal(await ask(heddle.url, 'localhost'), '200 app');
  await using other = await spawnHeddle(['other.ts', '--config', 'my.config.ts'], { cwd });
  assert.equal(await ask(other.url, 'localhost'), '200 other');
  assert.equal(await ask(other.url, 'a.example'), '200 site a');
  await using plain = await spawnHeddle(['a', '--no-config'], {
    cwd,
    env: { HEDDLE_CONFIG: 'my.config.ts' },
  });
  assert.equal(await ask(plain.url, 'b.example'), '200 site a');
});

test('flags go before the module, the module before the config file, that before the environment', async () => {
  const cwd = temporaryFolder({
    'app.ts': `export default { maxTargetBytes: 60, fetch: () => new Response('app') };`,
    'heddle.config.ts': `export default { maxTargetBytes: 40, maxFields: 3 };`,
  });
  const status = (url: string, length: number) => ask(url, 'x', `/${'a'.repeat(length - 1)}`);
  await using heddle = await spawnHeddle(['app.ts', '-t', '1'], { cwd, env: { HEDDLE_MAX_FIELDS: '1' } });
  assert.equal(await status(heddle.url, 60), '200 app');
  assert.equal(await status(heddle.url, 61), '414 414 URI Too Long');
  await using flagged = await spawnHeddle(['app.ts', '-t', '1', '--max-target', '50'], { cwd });
  assert.equal(await status(flagged.url, 51), '414 414 URI Too Long');
});

test('files that a config file names lie where it lies', async () => {
  const account = await makeAccount('ann', 'secret');
  const cwd = temporaryFolder({
    ...SITES,
    'conf/accounts': account,
    'conf/heddle.config.ts': `export default { static: '../a', threads: 1, auth: './accounts',
      virtualHosts: [{ host: 'b.example', static: new URL('../b', import.meta.url), auth: 'accounts' }, { host: 'c.example', static: '../b', auth: '' }] };`,
  });
  await using heddle = await spawnHeddle(['-c', 'conf/heddle.config.ts'], { cwd });
  for (const [host, answer] of [
    ['localhost', '401 401 Unauthorized'],
    ['b.example', '401 401 Unauthorized'],
    ['c.example', '200 site b'],
  ] as const)
    assert.equal(await ask(heddle.url, host), answer);
});

test('what runs the server is not served, where it lies in the folder', async () => {
  const cwd = temporaryFolder({
    'app.ts': `export default { static: '.', tasks: './tasks.ts', fetch: () => new Response('app') };`,
    'tasks.ts': 'export function job() {}',
    'heddle.config.ts': `export default { app: './app.ts', threads: 1, listing: true };`,
    'a.txt': 'a',
  });
  await using heddle = await spawnHeddle([], { cwd });
  for (const path of ['/app.ts', '/tasks.ts', '/heddle.config.ts'])
    assert.equal(await ask(heddle.url, 'x', path), '200 app', path);
  assert.equal(await ask(heddle.url, 'x', '/a.txt'), '200 a');
  const listing = await fetch(heddle.url, { headers: { accept: 'application/json' } });
  const { entries } = (await listing.json()) as { entries: { name: string }[] };
  assert.deepEqual(
    entries.map(({ name }) => name),
    ['a.txt'],
  );
  await using folder = await spawnHeddle(['.', '-t', '1'], { cwd });
  assert.match(await ask(folder.url, 'x', '/heddle.config.ts'), /^404/);
});

test('--print-config tells each value and where it came from', () => {
  const cwd = temporaryFolder({
    'app.ts': `export default { maxTargetBytes: 60, fetch: () => new Response('app') };`,
    'heddle.config.ts': `export default { maxFields: 3, cache: { '*.html': 'no-store' } };`,
  });
  const args = [MAIN, 'app.ts', '--print-config', '--port', '81', '--launcher'];
  const env = { ...process.env, HEDDLE_KEEP_ALIVE: '5s' };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, env, encoding: 'utf8' });
  assert.deepEqual([status, stderr], [0, '']);
  const lines = stdout.split('\n');
  assert.equal(lines[0], '# app.ts');
  for (const line of [
    /^--port +81 +--port$/,
    /^--host +"127\.0\.0\.1" +default$/,
    /^--max-target +60 +maxTargetBytes in .*app\.ts$/,
    /^--max-fields +3 +maxFields in heddle\.config\.ts$/,
    /^--cache +"\*\.html: no-store" +cache in heddle\.config\.ts$/,
    /^--keep-alive +5000 +\$HEDDLE_KEEP_ALIVE$/,
  ])
    assert.ok(
      lines.some((found) => line.test(found)),
      `${line} in\n${stdout}`,
    );
  const broken = spawnSync(process.execPath, [MAIN, 'none.ts', '--print-config'], { cwd, encoding: 'utf8' });
  assert.equal(broken.status, 1);
});

test('what a config file cannot say is told with its name and the next step', async () => {
  const cases: readonly [file: string, message: RegExp][] = [
    ['export default 5;', /heddle\.config\.ts: it exports no options\. Write: export default defineConfig/],
    ['export const port = 80;', /it exports no options/],
    ['export default { prot: 80 };', /there is no option prot\. Is port meant\?/],
    ['export default { host: "::" };', /there is no option host\. Is hostname meant\?/],
    ['export default { colour: 1 };', /there is no option colour\. docs\/options\.md has their names/],
    ['export default { port: "x" };', /port in heddle\.config\.ts: "x" is not a port/],
    ['export default { app: 5 };', /5 is no path/],
    ['export default { app: "./none.ts" };', /There is no module .*none\.ts/],
    ['export default { virtualHosts: 5 };', /virtualHosts: 5 is not a list/],
    ['enum A { B }', /heddle\.config\.ts:1 could not be loaded: .*enum/],
  ];
  for (const [text, message] of cases) {
    const cwd = temporaryFolder({ 'heddle.config.ts': text });
    await assert.rejects(spawnHeddle([], { cwd }), message);
  }
  const cwd = temporaryFolder({ 'a.txt': '' });
  await assert.rejects(spawnHeddle(['-c', 'none.ts'], { cwd }), /There is no config file none\.ts/);
});
