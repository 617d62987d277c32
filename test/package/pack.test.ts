import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, posix } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { PROJECT_ROOT, runHeddle, spawnHeddle } from '../support/spawn-heddle.ts';
import {
  environmentOf,
  InstalledPackage,
  supportedNodes,
  tooOldNode,
  versionOf,
} from './installed-package.ts';

const TASKS = 'export function double(value: number): number { return value * 2; }\n';

const APP = `import type { HeddleApp } from 'heddle';
export default {
  tasks: './tasks.ts',
  async fetch(request, { pool }) {
    const doubled: number = await pool.execute('double', [21]);
    return new Response(\`\${request.method} \${doubled}\`);
  },
} satisfies HeddleApp<typeof import('./tasks.ts')>;
`;

const PROGRAM = `import { type HeddleApp, serve, ThreadPool } from 'heddle';
const app: HeddleApp = { fetch: () => new Response('served') };
const server = await serve({ fetch: app.fetch, port: 0 });
const answer = await fetch(server.url);
console.log(await answer.text());
await server.close();
await using pool = new ThreadPool(2);
console.log(await pool.execute((left: number, right: number) => left + right, [40, 2]));
`;

/**
 * A line that must type-check, and lines that must not, by which tsc would fail if they did: the types reach the user, and are
 * not `any`.
 */
const MISUSE = `import { type HeddleApp, serve, ThreadPool } from 'heddle';
import type * as tasks from './tasks.ts';
const pool = new ThreadPool<typeof tasks>({});
export const doubled: number = await pool.execute('double', [21]);
// @ts-expect-error
pool.execute('triple', [21]);
// @ts-expect-error
pool.execute('double', ['21']);
// @ts-expect-error
const text: string = await pool.execute('double', [21]);
// @ts-expect-error
serve({ static: './public', port: 'first' });
// @ts-expect-error
export const app: HeddleApp = { fetch: () => 'not a response' };
`;

/** What of a package.json is looked at. */
interface PackedManifest {
  readonly license: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

suite('the package, as npm packs and installs it', () => {
  let installed: InstalledPackage;
  before(() => {
    installed = new InstalledPackage();
    mkdirSync(`${installed.folder}/public`);
    installed.write('public/greeting.txt', 'hello from a folder\n');
    installed.write('tasks.ts', TASKS);
    installed.write('app.ts', APP);
    installed.write('program.ts', PROGRAM);
    installed.write('misuse.ts', MISUSE);
  });
  after(() => installed?.[Symbol.dispose]());

  test('it holds the build and four files about it, and no source', () => {
    const files = globSync('**/*.*', { cwd: `${installed.folder}/node_modules/heddle` });
    const outside = files.filter((file) => !file.startsWith('dist/'));
    assert.deepEqual(outside.sort(), ['CHANGELOG.md', 'README.md', 'package.json']);
    assert.deepEqual(globSync('LICENSE', { cwd: `${installed.folder}/node_modules/heddle` }), ['LICENSE']);
    assert.deepEqual(
      files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts')),
      [],
    );
    assert.ok(files.includes('dist/index.d.ts'));
  });

  test('each thread loads its own: the main thread no fetch, a launcher and a pool thread no server', () => {
    const dist = `${installed.folder}/node_modules/heddle/dist`;
    const loadedBy = (file: string, found: Set<string> = new Set()): Set<string> => {
      if (found.has(file)) return found;
      found.add(file);
      const code = readFileSync(`${dist}/${file}`, 'utf8');
      for (const [, path = ''] of code.matchAll(/^import (?:.* from )?"(\.[^"]+)";$/gm))
        loadedBy(posix.join(dirname(file), path), found);
      return found;
    };
    const main = ['command', 'env-files', 'config-file', 'serve-command', 'open-admin', 'top-command'];
    for (const name of main) {
      const files = loadedBy(`shared/${name}.js`);
      assert.ok(files.has('shared/every-thread.js'), name);
      assert.ok(!files.has('shared/server-thread.js'), name);
    }
    assert.ok(loadedBy('shared/serve-command.js').has('shared/supervisor.js'));
    assert.ok(loadedBy('server/server-thread.js').has('shared/server-thread.js'));
    for (const file of ['shared/launch.js', 'pool/pool-thread.js', 'server/server-thread.js'])
      assert.ok(!loadedBy(file).has('shared/supervisor.js'), file);
    assert.ok(!loadedBy('pool/pool-thread.js').has('shared/command-and-server.js'));
  });

  test('its manifest names nothing that is not there, and runs nothing when it is installed', () => {
    const folder = `${installed.folder}/node_modules/heddle`;
    const manifest: PackedManifest = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
    for (const [name, target] of Object.entries(manifest.exports)) {
      const conditions: Readonly<Record<string, string>> =
        typeof target === 'string' ? { default: target } : target;
      // By this one the checkout finds its own source; nobody else knows its name.
      const { 'heddle-source': _, ...named } = conditions;
      for (const path of Object.values(named)) assert.ok(existsSync(`${folder}/${path}`), `${name}: ${path}`);
      // A later one is never looked at.
      assert.equal(Object.keys(named).at(-1), 'default', name);
      if (named.default?.endsWith('.js')) assert.equal(Object.keys(named)[0], 'types', name);
    }
    for (const path of Object.values(manifest.bin))
      assert.match(readFileSync(`${folder}/${path}`, 'utf8'), /^#!\/usr\/bin\/env node\n/);
    const run = Object.keys(manifest.scripts).filter((name) => /^(?:pre|post)?install$|^prepare$/.test(name));
    assert.deepEqual(run, []);
    assert.equal(manifest.license, 'MIT');
  });

  test('it is small: a megabyte to load, three on the disk', () => {
    const tarball = globSync('*.tgz', { cwd: installed.folder })[0] ?? '';
    assert.ok(statSync(`${installed.folder}/${tarball}`).size < 1_000_000);
    const folder = `${installed.folder}/node_modules/heddle`;
    const sizes = globSync('**', { cwd: folder }).map((path) => statSync(`${folder}/${path}`).size);
    assert.ok(sizes.reduce((sum, size) => sum + size, 0) < 3_000_000);
    const packages = globSync('node_modules/*', { cwd: installed.folder }).map((path) => basename(path));
    assert.deepEqual(packages.sort(), ['@types', 'commander', 'heddle', 'mime']);
  });

  test('CommonJS may require it, and reaches nothing inside of it', () => {
    installed.write(
      'required.cjs',
      `console.log(typeof require('heddle').serve, require('heddle/package.json').name);
try { require('heddle/dist/index.js'); } catch ({ code }) { console.log(code); }`,
    );
    const program = spawnSync(process.execPath, ['required.cjs'], {
      cwd: installed.folder,
      encoding: 'utf8',
    });
    assert.equal(program.stdout, 'function heddle\nERR_PACKAGE_PATH_NOT_EXPORTED\n', program.stderr);
  });

  test('the command leaves its compiled code where NODE_COMPILE_CACHE says, and starts from it', async () => {
    const env = { NODE_COMPILE_CACHE: `${installed.folder}/cache` };
    const options = { command: [installed.command] as const, cwd: installed.folder, env };
    for (const _ of ['fills it', 'reads it']) {
      await using heddle = await spawnHeddle(['./public'], options);
      assert.equal((await fetch(new URL('/greeting.txt', heddle.url))).status, 200);
      assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
      const kept = globSync('**', { cwd: env.NODE_COMPILE_CACHE }).length;
      // Of each thread, and not a file for each of some three hundred modules: that would take a third of the start.
      assert.ok(kept > 10 && kept < 40, String(kept));
    }
  });

  test('npx finds the command', async () => {
    const help = await runHeddle(['--help'], {
      command: ['npx', '--no', '--', 'heddle'],
      cwd: installed.folder,
    });
    assert.equal(help.code, 0, help.stderr);
    assert.match(help.stdout, /Usage: heddle/);
  });

  for (const node of supportedNodes()) {
    const env = environmentOf(node);

    test(`heddle ./public serves the folder on Node ${versionOf(node)}`, async () => {
      const options = { command: [installed.command] as const, cwd: installed.folder, env };
      await using heddle = await spawnHeddle(['./public'], options);
      const answer = await fetch(new URL('/greeting.txt', heddle.url));
      assert.equal(answer.status, 200);
      assert.equal(await answer.text(), 'hello from a folder\n');
      assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
    });

    test(`heddle app.ts runs the app and its jobs on Node ${versionOf(node)}`, async () => {
      const options = { command: [installed.command] as const, cwd: installed.folder, env };
      await using heddle = await spawnHeddle(['app.ts'], options);
      const answer = await fetch(heddle.url);
      assert.equal(await answer.text(), 'GET 42');
      assert.equal(heddle.stdout.split('\n').length, 2, `one line, got: ${heddle.stdout}`);
      assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
    });

    test(`a program imports serve and ThreadPool on Node ${versionOf(node)}`, () => {
      const program = spawnSync(node, ['program.ts'], { cwd: installed.folder, encoding: 'utf8' });
      assert.equal(program.stdout, 'served\n42\n', program.stderr);
      assert.equal(program.status, 0);
    });
  }

  for (const moduleResolution of ['node16', 'nodenext', 'bundler']) {
    test(`its types reach the user under moduleResolution ${moduleResolution}`, () => {
      const options = {
        target: 'es2024',
        lib: ['es2024', 'esnext.disposable'],
        module: moduleResolution === 'bundler' ? 'esnext' : moduleResolution,
        moduleResolution,
        types: ['node'],
        strict: true,
        noEmit: true,
        allowImportingTsExtensions: true,
      };
      installed.write('tsconfig.json', JSON.stringify({ compilerOptions: options, include: ['*.ts'] }));
      const tsc = spawnSync(process.execPath, [`${PROJECT_ROOT}node_modules/typescript/bin/tsc`, '-p', '.'], {
        cwd: installed.folder,
        encoding: 'utf8',
      });
      assert.equal(tsc.stdout, '');
      assert.equal(tsc.status, 0);
    });
  }

  const old = tooOldNode();
  const skip = old === undefined ? 'this machine has no Node before 24 on its PATH' : false;
  test('on a Node before 24 the command says so in one line and exits 1', { skip }, async () => {
    const env = environmentOf(old ?? '');
    const run = await runHeddle(['./public'], { command: [installed.command], cwd: installed.folder, env });
    assert.equal(run.code, 1);
    assert.equal(run.stdout, '');
    assert.match(run.stderr, /^[^\n]*Node[^\n]*24[^\n]*\n$/);
    assert.ok(
      run.stderr.includes(
        execFileSync(old ?? '', ['--version'], { encoding: 'utf8' })
          .trim()
          .slice(1),
      ),
    );
  });
});
