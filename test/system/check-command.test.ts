import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { runHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function check(
  files: Readonly<Record<string, string>>,
  ...flags: readonly string[]
): Promise<Awaited<ReturnType<typeof runHeddle>> & { readonly folder: string }> {
  const folder = temporaryFolder({ 'package.json': '{ "type": "module" }', ...files });
  // Enough descriptors for it anywhere.
  const args = ['check', 'app.ts', '--max-connections', '10', ...flags];
  return { ...(await runHeddle(args, { cwd: folder })), folder };
}

const FETCH = 'fetch: () => new Response()';

describe('heddle check', () => {
  test('tells of a good app what it is, what it sets, its jobs and what the machine gives', async () => {
    const { code, stdout, stderr } = await check({
      'app.ts': `console.log('loading');\nexport default { ${FETCH}, requestTimeoutMs: 500, tasks: './tasks.ts' };`,
      'tasks.ts': 'export const hash = () => 1;\nexport function render() {}\nexport const version = 1;',
    });
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^ok {7}app {6}loads in two threads at once, in \d+ ms$/m);
    assert.match(stdout, /^ok {7}handler {2}default\.fetch$/m);
    assert.match(stdout, /^ok {7}options {2}requestTimeoutMs 500$/m);
    assert.match(stdout, /^ok {7}tasks {4}hash, render$/m);
    assert.match(stdout, /^ok {7}cpus {5}.*: \d+ server threads?$/m);
    assert.match(stdout, /^(?:ok {5}|warning) {2}memory {3}\d+ MiB .* heap of up to \d+ MiB/m);
    assert.match(stdout, /^ok {7}files {4}\d+ may be open.* with up to 10 connections/m);
    assert.match(stdout, /\nno problems, (?:no|1) warnings?\n$/);
    // What the app prints is no part of the report.
    assert.equal(stderr, 'loading\nloading\n');
  });

  test('knows each kind of handler', async () => {
    const kinds = [
      [`export const fetch = () => new Response();`, 'the export fetch'],
      [`export default () => new Response();`, 'the default function'],
      [`export default new (class { fetch() { return new Response(); } })();`, 'default.fetch'],
    ] as const;
    for (const [source, kind] of kinds) {
      const { stdout } = await check({ 'app.ts': source });
      assert.match(stdout, new RegExp(`^ok {7}handler {2}${kind}$`, 'm'));
    }
  });

  test('names a native addon that refuses a second thread', async (context) => {
    const folder = temporaryFolder({ 'old.c': OLD_ADDON });
    const version = `-DVERSION=${process.versions.modules}`;
    try {
      execFileSync('cc', ['-shared', '-fPIC', version, '-o', `${folder}/old.node`, `${folder}/old.c`], {
        stdio: 'ignore',
      });
    } catch {
      return context.skip('there is no C compiler');
    }
    const { code, stdout } = await check({
      'app.ts': `import { createRequire } from 'node:module';\n\ncreateRequire(import.meta.url)('${folder}/old.node');\nexport default { ${FETCH} };`,
    });
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^problem {2}app {6}.*app\.ts:3 needs .*old\.node, a native addon that refuses a second thread\./m,
    );
    return undefined;
  });

  test('tells of an app that one thread can load and a second cannot', async () => {
    const { code, stdout } = await check({
      'app.ts': `import { openSync } from 'node:fs';\n\nopenSync('only-once', 'wx');\nexport default { ${FETCH} };`,
    });
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^problem {2}app {6}loads in one thread, but not in a second beside it: .*app\.ts:3 .*EEXIST/m,
    );
  });

  test('finds TypeScript that Node cannot run in each module, and in what is imported later', async () => {
    const { code, stdout } = await check({
      'app.ts': `import './values.ts';\nexport default { fetch: () => import('./later.ts') };`,
      'values.ts': '\nexport enum Color { Red }\n',
      'later.ts': "import './deep.ts';\nclass A {\n  constructor(private b: string) {}\n}\n",
      'deep.ts': "\n\nimport fs = require('node:fs');\n",
    });
    assert.equal(code, 1);
    assert.match(stdout, /^problem {2}app {5}.*values\.ts:2 could not be loaded: .*enum/m);
    assert.match(stdout, /^problem {2}syntax {2}.*later\.ts:3 could not be loaded: .*parameter property/m);
    assert.match(stdout, /^problem {2}syntax {2}.*deep\.ts:3 could not be loaded: .*import equals/m);
    assert.match(stdout, /^3 problems, /m);
  });

  const bad: readonly (readonly [what: string, source: string, says: RegExp])[] = [
    [
      'a top-level await that never settles',
      'await new Promise(() => undefined);',
      /was not loaded within 1 s\. Look/,
    ],
    ['a loop without end', 'while (true);', /was not loaded within 1 s\. Look/],
    ['process.exit()', 'process.exit(0);', /ended its thread while it was loaded/],
    [
      'a rejection that nobody handles',
      `\nPromise.reject(new Error('late'));\nexport default () => 1;`,
      /app\.ts:2 could not be loaded: late\./,
    ],
    ['what threads cannot do', `process.chdir('/');`, /app\.ts:1 .*chdir.* It concerns the whole process/],
    ['no handler', 'export const a = 1;', /exports no handler/],
  ];
  for (const [what, source, says] of bad) {
    test(`says once what is wrong with an app: ${what}`, async () => {
      const { code, stdout } = await check({ 'app.ts': source }, '--start-timeout', '1s');
      assert.equal(code, 1);
      assert.match(stdout, says);
      assert.match(stdout, /\n1 problem, /);
    });
  }

  test('says what is wrong with options and tasks', async () => {
    const { code, stdout } = await check({
      'app.ts': `export default { ${FETCH}, port: 'x', tasks: './tasks.ts' };`,
      'tasks.ts': `\nimport './nowhere.ts';`,
    });
    assert.equal(code, 1);
    assert.match(stdout, /^problem {2}options {2}port in .*app\.ts: "x" is not a port/m);
    assert.match(stdout, /^problem {2}tasks {4}.*tasks\.ts:2 could not be loaded/m);
    const empty = await check({
      'app.ts': `export default { ${FETCH}, tasks: './tasks.ts' };`,
      'tasks.ts': 'export const a = 1;',
    });
    assert.equal(empty.code, 0);
    assert.match(empty.stdout, /^warning {2}tasks {4}the module exports no function/m);
  });

  test('names the members of an object that mean nothing to heddle', async () => {
    const { stdout } = await check({
      'app.ts': `export default { ${FETCH}, port: 1, websocket: {}, theads: 2 };`,
    });
    assert.match(stdout, /^ok {7}options {2}port 1; passed over: websocket, theads$/m);
  });

  test('has no colours where nobody looks at it', async () => {
    const files = { 'app.ts': `export default { ${FETCH} };` };
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the beginning of a colour
    assert.doesNotMatch((await check(files)).stdout, /\x1b/);
  });

  test('is for apps', async () => {
    const { code, stdout, stderr } = await runHeddle(['check', '.'], { cwd: temporaryFolder() });
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^heddle: "\." is a folder, .*Name an app\.\n$/);
  });
});

/** Registers itself when it is loaded into the process, as addons did before there were threads. */
const OLD_ADDON = `
typedef void (*reg)(void*, void*, void*);
struct node_module { int version; unsigned flags; void* handle; const char* file; reg init; void* context_init;
  const char* name; void* priv; struct node_module* link; };
extern void node_module_register(void* module);
static void init(void* exports, void* module, void* priv) {}
static struct node_module self = { VERSION, 0, 0, "old.c", init, 0, "old", 0, 0 };
__attribute__((constructor)) static void on_load(void) { node_module_register(&self); }
`;
