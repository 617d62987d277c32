import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { runHeddle, type SpawnedHeddle, spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { filesIn, type Image, PlainBuild } from './dockerfile.ts';
import { InstalledPackage } from './installed-package.ts';

const NODE_IMAGE = `node:${process.versions.node.split('.')[0]}-slim`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

/** Starts what an image says, on ports that are free here. */
async function start(image: Image): Promise<{ container: SpawnedHeddle; env: Record<string, string> }> {
  const entry = JSON.parse(image.says.get('ENTRYPOINT') ?? '') as [string, ...string[]];
  assert.equal(image.env.HEDDLE_ADMIN, '127.0.0.1:7879');
  const env = { ...image.env, PORT: '0', HEDDLE_ADMIN: `127.0.0.1:${await freePort()}` };
  const container = await spawnHeddle([], { command: entry, cwd: image.workdir, env, anyPort: false });
  return { container, env };
}

function isHealthy(image: Image, env: Readonly<Record<string, string>>): boolean {
  const [, command = ''] = /^(?:--\S+ )+CMD (\[.+\])$/.exec(image.says.get('HEALTHCHECK') ?? '') ?? [];
  const [program = '', ...args] = JSON.parse(command) as string[];
  const options = { cwd: image.workdir, env: { ...process.env, ...env }, timeout: 10_000 };
  const { status, stderr } = spawnSync(program, args, { ...options, encoding: 'utf8' });
  assert.equal(stderr, '');
  return status === 0;
}

/** Builds, starts, checks and stops what `heddle init docker` describes. */
async function tryImage(context: string, path: string, body: string): Promise<Image & Disposable> {
  const build = new PlainBuild(context);
  const image = build.build();
  assert.equal(image.from, NODE_IMAGE);
  assert.equal(image.says.get('USER'), '1000');
  assert.equal(image.says.get('EXPOSE'), image.env.PORT);
  const { container, env } = await start(image);
  await using _ = container;
  assert.ok(isHealthy(image, env));
  const answer = await fetch(new URL(path, container.url));
  assert.equal(await answer.text(), body);
  const signal = image.says.get('STOPSIGNAL') as NodeJS.Signals;
  assert.deepEqual(await container.stop(signal), { code: 0, signal: null }, container.stderr);
  assert.ok(!isHealthy(image, env), 'a server that has ended is not healthy');
  return { ...image, [Symbol.dispose]: () => build[Symbol.dispose]() };
}

describe('heddle init docker, each step done in plain folders', () => {
  let installed: InstalledPackage;
  const init = (folder: string, ...args: readonly string[]) =>
    runHeddle(['init', 'docker', ...args], { command: [installed.command], cwd: folder });
  before(() => {
    installed = new InstalledPackage();
  });
  after(() => installed?.[Symbol.dispose]());

  test('an app, with heddle from a file beside it', async () => {
    const { folder } = installed;
    installed.write('app.ts', "export default { fetch: () => new Response('from an image') };\n");
    installed.write('.env', 'SECRET=1\n');
    installed.write('notes.log', '');
    const { code, stdout, stderr } = await init(folder, 'app.ts');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Wrote Dockerfile and \.dockerignore\.\nNext: docker build -t heddle-package-/);
    using image = await tryImage(folder, '/', 'from an image');
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
    const held = ['app.ts', tarball, 'package-lock.json', 'package.json'];
    assert.deepEqual(filesIn(image.workdir), held);
    assert.ok(statSync(`${image.workdir}/node_modules/heddle/dist/cli/main.js`).isFile());
  });

  test('a folder, with heddle from a registry', async () => {
    const tarball = readdirSync(installed.folder).find((name) => name.endsWith('.tgz')) ?? '';
    // What stands for the registry is a folder that heddle serves.
    const registry = temporaryFolder();
    copyFileSync(`${installed.folder}/${tarball}`, `${registry}/${tarball}`);
    await using host = await spawnHeddle([registry]);
    const folder = temporaryFolder({
      'the site/index.html': 'a page',
      'package.json': '{ "name": "@acme/Site" }',
    });
    const source = `heddle@${new URL(tarball, host.url)}`;
    const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', source];
    execFileSync('npm', install, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    rmSync(`${folder}/node_modules`, { recursive: true });
    const { code, stdout, stderr } = await init(folder, './the site/');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /docker build -t site \. && docker run --rm -p 7878:7878 site\n$/);
    mkdirSync(`${folder}/private`);
    writeFileSync(`${folder}/private/key`, '');
    using image = await tryImage(folder, '/', 'a page');
    assert.deepEqual(filesIn(image.workdir), ['public/index.html']);
  });
});
