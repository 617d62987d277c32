import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MAIN, spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const root = temporaryFolder({ 'index.html': 'home', 'app.0a1b2c3d.js': 'hashed' });
const app = join(
  temporaryFolder({ 'app.mjs': `export default { fetch: () => new Response('app') };` }),
  'app.mjs',
);

function password(name: string, input: string) {
  return spawnSync(process.execPath, [MAIN, 'password', name], { input, encoding: 'utf8' });
}

function statusOf(url: string, credentials?: string): Promise<Response> {
  const authorization = `Basic ${Buffer.from(credentials ?? '').toString('base64')}`;
  return fetch(url, credentials === undefined ? {} : { headers: { authorization } });
}

test('heddle password makes a line, and --auth lets in who has the password, on every thread', async () => {
  const made = password('ann', 'secret\n');
  assert.deepEqual([made.status, made.stderr], [0, '']);
  assert.match(made.stdout, /^ann:\$scrypt\$ln=15,r=8,p=3\$\S+\$\S+\n$/);
  const file = join(temporaryFolder({}), 'accounts');
  writeFileSync(file, made.stdout);

  await using heddle = await spawnHeddle([root, '--threads', '2', '--auth', file]);
  assert.equal((await statusOf(heddle.url)).status, 401);
  assert.match((await statusOf(heddle.url)).headers.get('www-authenticate') ?? '', /^Basic realm=/);
  assert.equal((await statusOf(heddle.url, 'ann:other')).status, 401);
  for (let time = 0; time < 4; time += 1)
    assert.equal((await statusOf(heddle.url, 'ann:secret')).status, 200);
  const hashed = await statusOf(`${heddle.url}app.0a1b2c3d.js`, 'ann:secret');
  assert.equal(hashed.headers.get('cache-control'), 'private, max-age=31536000, immutable');
  // A missing file tells no more than one that is there.
  assert.equal((await statusOf(`${heddle.url}none`)).status, 401);

  await using withApp = await spawnHeddle([app, '--threads', '1', '--auth', file]);
  assert.equal((await statusOf(withApp.url)).status, 401);
  assert.equal(await (await statusOf(withApp.url, 'ann:secret')).text(), 'app');
});

test('a file of accounts that cannot be read ends the start, with its line and what to do', async () => {
  const folder = temporaryFolder({ bad: '# mine\nann:secret\n', empty: '# nobody\n' });
  const cases: readonly [file: string, message: RegExp][] = [
    ['bad', /--auth: \S+bad:2 is no account.* Make a line with: heddle password NAME/],
    ['empty', /--auth: \S+empty holds no account/],
    ['none', /--auth: \S+none cannot be read \(ENOENT\)/],
  ];
  for (const [name, message] of cases)
    await assert.rejects(spawnHeddle([root, '--threads', '1', '--auth', join(folder, name)]), message);
});

test('heddle password takes no name that an account could not have, and no empty password', () => {
  for (const [name, input] of [
    ['a:b', 'x'],
    ['a b', 'x'],
    ['ann', '\n'],
  ] as const) {
    const { status, stderr, stdout } = password(name, input);
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /^heddle: /);
  }
});
