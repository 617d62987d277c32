import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type LoadedApp, loadApp } from '#server/app-module.ts';
import type { Context } from '#server/context.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function moduleOf(source: string, files: Readonly<Record<string, string>> = {}): URL {
  return pathToFileURL(`${temporaryFolder({ 'app.mjs': source, ...files })}/app.mjs`);
}

async function answerOf(source: string): Promise<unknown> {
  const { app } = await loadApp(moduleOf(source));
  return ask(app);
}

function ask(app: LoadedApp['app']): unknown {
  if (!('fetch' in app)) return `a Node app: ${app.what}`;
  return app.fetch(new Request('http://h/'), {} as Context, {} as Context);
}

describe('the handler of an app module', () => {
  const forms: readonly (readonly [what: string, source: string])[] = [
    ['an exported fetch', `export const fetch = () => 'it';`],
    ['default.fetch', `export default { word: 'it', fetch() { return this.word; } };`],
    ['a default function without parameters', `export default () => 'it';`],
    ['a default function of the request', `export default (request) => request && 'it';`],
    [
      'an exported fetch that is default.fetch too',
      `export const fetch = () => 'it'; export default { fetch };`,
    ],
    ['fetch of a default function', `export default Object.assign(() => 'no', { fetch: () => 'it' });`],
    ['fetch of a class', `export default class { static fetch() { return 'it'; } };`],
    ['what a default promise resolves with', `export default Promise.resolve({ fetch: () => 'it' });`],
    [
      'fetch of a class instance',
      `class A { #w = 'it'; fetch() { return this.#w; } } export default new A();`,
    ],
  ];
  for (const [what, source] of forms) {
    test(`may be ${what}`, async () => assert.equal(await answerOf(source), 'it'));
  }

  for (const source of ['export const a = 1;', 'export default {};', `export default 'a text';`]) {
    test(`is missed with an example where there is none: ${source}`, async () => {
      await assert.rejects(loadApp(moduleOf(source)), {
        code: 'ERR_HEDDLE_APP_NO_HANDLER',
        message: /app\.mjs(?::1)? exports no handler.*export default/,
      });
    });
  }
});

describe('a Node app as the default export', () => {
  const http = `import { createServer } from 'node:http';`;
  const forms: readonly (readonly [what: string, source: string, is: RegExp])[] = [
    ['a function of two parameters', 'export default (req, res) => {};', /a function of 2 parameters/],
    [
      'one of three, as Express apps are',
      'export default (req, res, next) => {};',
      /a function of 3 parameters/,
    ],
    ['a server', `${http} export default createServer(() => {});`, /a server$/],
    [
      'a Koa app',
      `import { EventEmitter } from 'node:events';
       export default Object.assign(new EventEmitter(), { middleware: [], listen() {}, callback: () => (a, b) => {} });`,
      /a Koa app/,
    ],
    [
      'a Fastify instance',
      `${http} export default { server: createServer(), ready() {}, inject() {}, route() {}, close() {} };`,
      /a Fastify instance/,
    ],
  ];
  for (const [what, source, is] of forms) {
    test(`may be ${what}`, async () => assert.match(String(await answerOf(source)), is));
  }

  test('comes behind fetch: an app of a framework that has both is a fetch app', async () => {
    const source =
      'export default Object.assign((req, res) => {}, { fetch: 1 }); export const fetch = () => "it";';
    assert.equal(await answerOf(source), 'it');
  });

  test('has its options, ready and close as exports by name; members of what a framework made are not read', async () => {
    const source = `${http} export const said = []; const server = createServer();
      server.port = 1; server.static = 'nowhere'; server.on('close', () => said.push('the server'));
      export default server; export const keepAliveMs = 5000;
      export const ready = () => { said.push('ready'); }; export const close = () => { said.push('close'); };`;
    const url = moduleOf(source);
    const { options, ready, close } = await loadApp(url);
    assert.deepEqual([options.values, options.staticRoot], [{ keepAliveMs: 5000 }, undefined]);
    await ready();
    await close();
    assert.deepEqual((await import(url.href)).said, ['ready', 'close', 'the server']);
  });

  test('is refused where its server speaks TLS or HTTP/2, with what to do', async () => {
    const source = `import { createServer } from 'node:http2'; export default createServer();`;
    await assert.rejects(loadApp(moduleOf(source)), {
      code: 'ERR_HEDDLE_APP_NODE_SERVER',
      message: /a server that is not one of node:http.*Export a server of http\.createServer\(\)/,
    });
  });
});

describe('the options of an app module', () => {
  test('are told from what means nothing to heddle, in an object literal alone', async () => {
    const members = 'port: 1, ready() {}, prot: 2, routes: {}';
    const literal = await loadApp(moduleOf(`export default { fetch() {}, ${members} };`));
    assert.deepEqual(literal.passedOver, ['prot', 'routes']);
    const made = await loadApp(
      moduleOf(`class A { fetch() {} } export default Object.assign(new A(), { ${members} });`),
    );
    assert.deepEqual(made.passedOver, []);
  });

  test('are those of the table, beside fetch; paths are relative to the module', async () => {
    const url = moduleOf(
      `export default { port: 1, threads: 2, unknown: 3, static: './site', tasks: './tasks.mjs', fetch() {} };`,
      { 'site/page.txt': '', 'tasks.mjs': '' },
    );
    const { options } = await loadApp(url);
    assert.deepEqual(options.values, { port: 1, threads: 2 });
    assert.equal(pathToFileURL(options.staticRoot ?? '').href, new URL('./site', url).href);
    assert.equal(options.tasks, new URL('./tasks.mjs', url).href);
  });

  test('have virtual hosts among them, whose folders are relative to the module', async () => {
    const hosts = `[{ host: 'a.example', static: './site', cache: '1h' }]`;
    const files = { 'site/page.txt': '' };
    for (const source of [
      `export default { virtualHosts: ${hosts}, fetch() {} };`,
      `export const virtualHosts = ${hosts}; export function fetch() {}`,
      `export function fetch() {} export default { virtualHosts: ${hosts} };`,
    ]) {
      const url = moduleOf(source, files);
      const { options } = await loadApp(url);
      const folder = fileURLToPath(new URL('./site', url));
      assert.deepEqual(options.virtualHosts, [{ host: 'a.example', static: folder, cache: '1h' }], source);
    }
    await assert.rejects(loadApp(moduleOf(`export default { virtualHosts: ${hosts}, fetch() {} };`)), {
      code: 'ERR_HEDDLE_NO_TARGET',
      message: /^virtualHosts\[0\]\.static in .*: there is no .*site/,
    });
  });

  test('that name files mean those beside the module', async () => {
    const hosts = `[{ host: 'a.example', static: './site', auth: './accounts' }]`;
    const url = moduleOf(
      `export default { auth: './accounts', accessLog: '-', virtualHosts: ${hosts}, fetch() {} };`,
      { 'site/page.txt': '' },
    );
    const { options } = await loadApp(url);
    const accounts = fileURLToPath(new URL('./accounts', url));
    assert.deepEqual([options.values.auth, options.virtualHosts?.[0]?.auth], [accounts, accounts]);
    assert.equal(options.values.accessLog, '-');
  });

  test('may stand in a default export beside a fetch by name, the folder and the tasks too', async () => {
    const url = moduleOf(
      `export function fetch() {} export default { port: 1, static: './site', tasks: './tasks.mjs' };`,
      { 'site/page.txt': '', 'tasks.mjs': '' },
    );
    const { options } = await loadApp(url);
    assert.deepEqual(options.values, { port: 1 });
    assert.equal(pathToFileURL(options.staticRoot ?? '').href, new URL('./site', url).href);
    assert.equal(options.tasks, new URL('./tasks.mjs', url).href);
  });

  test('cannot limit the heap of the thread that loads it', async () => {
    await assert.rejects(loadApp(moduleOf(`export default { threadMemoryMb: 64, fetch() {} };`)), {
      code: 'ERR_HEDDLE_OPTION',
      message: /threadMemoryMb in .*app\.mjs comes too late.*--thread-memory <MiB>.*HEDDLE_THREAD_MEMORY/,
    });
  });

  test('cannot name what is not there, or is no path', async () => {
    const missing = loadApp(moduleOf(`export default { tasks: './no.mjs', fetch() {} };`));
    await assert.rejects(missing, {
      code: 'ERR_HEDDLE_NO_TARGET',
      message: /^tasks in .*there is no .*no\.mjs/,
    });
    const number = loadApp(moduleOf(`export default { static: 7, fetch() {} };`));
    await assert.rejects(number, { code: 'ERR_HEDDLE_OPTION', message: /^static in .*: 7 is not a path/ });
  });

  test('ready and close are called as methods of what they stand in', async () => {
    const source = `export default { said: [], ready() { this.said.push('ready'); },
      async close() { this.said.push('close'); }, fetch() { return this.said.join(); } };`;
    const { app, ready, close } = await loadApp(moduleOf(source));
    await ready();
    await close();
    assert.equal(await ask(app), 'ready,close');
  });
});

describe('an app module that cannot be loaded', () => {
  test('is named with the line that threw', async () => {
    const url = moduleOf(`const a = 1;\n\nthrow new Error('no luck');\n`);
    await assert.rejects(loadApp(url), {
      code: 'ERR_HEDDLE_APP_IMPORT',
      message: /app\.mjs:3 could not be loaded: no luck\./,
    });
  });

  test('is named itself where the error has no place', async () => {
    await assert.rejects(loadApp(moduleOf(`throw 'a text';`)), {
      code: 'ERR_HEDDLE_APP_IMPORT',
      message: /app\.mjs could not be loaded: a text\./,
    });
  });

  test('in a package that is CommonJS is told how to become a module', async () => {
    const folder = temporaryFolder({
      'package.json': '{ "type": "commonjs" }',
      'app.js': 'export default { fetch: () => new Response() };',
    });
    await assert.rejects(loadApp(pathToFileURL(`${folder}/app.js`)), {
      code: 'ERR_HEDDLE_APP_IMPORT',
      message: /app\.js:1 could not be loaded: .* Write "type": "module" into package\.json/,
    });
  });
});
