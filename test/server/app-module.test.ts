import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
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
      'an exported fetch before default.fetch',
      `export const fetch = () => 'it'; export default { fetch() {} };`,
    ],
    [
      'fetch of a class instance',
      `class A { #w = 'it'; fetch() { return this.#w; } } export default new A();`,
    ],
  ];
  for (const [what, source] of forms) {
    test(`may be ${what}`, async () => assert.equal(await answerOf(source), 'it'));
  }

  for (const source of ['export const a = 1;', 'export default {};', 'export default (req, res) => {};']) {
    test(`is missed with an example where there is none: ${source}`, async () => {
      await assert.rejects(loadApp(moduleOf(source)), {
        code: 'ERR_HEDDLE_APP_NO_HANDLER',
        message: /app\.mjs exports no handler.*export default/,
      });
    });
  }
});

describe('the options of an app module', () => {
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
