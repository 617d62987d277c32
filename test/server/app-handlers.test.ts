import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { loadApp } from '#server/app-module.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function fileOf(source: string, name: string): URL {
  return pathToFileURL(`${temporaryFolder({ [name]: source })}/${name}`);
}

/** Checks the line that a module fails with, behind its folder. */
async function assertFails(url: URL, code: string, says: RegExp): Promise<void> {
  await assert.rejects(loadApp(url), (error: Error & { code?: string }) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message.replaceAll(/\/[^ ]*\/(?=app\.)/g, ''), says);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
}

describe('a module without a handler is told what it has instead:', () => {
  const cases: readonly (readonly [what: string, source: string, says: RegExp, name?: string])[] = [
    ['nothing', '', /^app\.mjs exports no handler\. Write: export default \{ fetch/],
    [
      'a serve() that comes too late',
      'const main = async () => serve({});\nmain;',
      /^app\.mjs exports no handler\. A serve\(\) counts while .* await main\(\)\.$/,
    ],
    [
      'a listen() that comes later',
      'const app = { listen() {} };\napp.listen(3000);',
      /^app\.mjs exports no handler\. Export the app or the server in place of its listen\(\): export default app\.$/,
    ],
    ['undefined', '\nexport default undefined;', /^app\.mjs:2 .*: the default export is undefined\. Write/],
    ['a number', 'export default 7;', /^app\.mjs:1 .* is a number\. Write/],
    ['an array', 'export default [];', /^app\.mjs:1 .* is an array\. Write/],
    ['options alone', 'export default { port: 1 };', /^app\.mjs:1 .* is an object without fetch\. Write/],
    [
      'a class',
      '\nclass Site { fetch() {} }\nexport default Site;',
      /^app\.mjs:3 exports a class\. Export an instance: export default new Site\(\)$/,
    ],
    ['a class without a name', 'export default class { fetch() {} }', /export default new App\(\)$/],
    [
      'a class that is a function',
      'function Site() {}\nSite.prototype.fetch = () => 1;\nexport { Site as default };',
      /^app\.mjs:3 exports a class\. .* new Site\(\)$/,
    ],
    [
      'a class in CommonJS',
      'module.exports = class Site {};',
      /^app\.cjs:1 exports a class\. Export an instance: module\.exports = new Site\(\)$/,
      'app.cjs',
    ],
    [
      'other things in CommonJS',
      'module.exports = { a: 1 };',
      /^app\.cjs:1 .*\. Write: module\.exports = \{ fetch/,
      'app.cjs',
    ],
    [
      'a fetch that is a text',
      `export default { fetch: 'x' };`,
      /^app\.mjs:1 exports a fetch that is a string\./,
    ],
    [
      'an export fetch that is a number',
      '\nexport const fetch = 7;',
      /^app\.mjs:2 exports a fetch that is a number\./,
    ],
  ];
  for (const [what, source, says, name = 'app.mjs'] of cases)
    test(what, () => assertFails(fileOf(source, name), 'ERR_HEDDLE_APP_NO_HANDLER', says));
});

describe('two handlers are refused, with the names and lines of both:', () => {
  const cases: readonly (readonly [what: string, source: string, says: RegExp])[] = [
    [
      'an export fetch and another default.fetch',
      'export const fetch = () => 1;\nexport default { fetch: () => 2 };',
      /^There are two handlers: the export fetch in app\.mjs:1 and default\.fetch in app\.mjs:2\. Keep/,
    ],
    [
      'an export fetch and a default function',
      'export default () => 1;\nexport function fetch() {}',
      /the export fetch in app\.mjs:2 and the default function in app\.mjs:1\. Keep/,
    ],
  ];
  for (const [what, source, says] of cases)
    test(what, () => assertFails(fileOf(source, 'app.mjs'), 'ERR_HEDDLE_APP_TWO_HANDLERS', says));
});

test('CommonJS is an app, as it is written and as compilers write it', async () => {
  for (const source of [
    'module.exports = { fetch: () => 1, port: 5 };',
    'exports.fetch = () => 1;\nexports.port = 5;',
    'exports.__esModule = true;\nexports.default = { fetch: () => 1, port: 5 };',
  ])
    assert.deepEqual((await loadApp(fileOf(source, 'app.cjs'))).options.values, { port: 5 }, source);
});

describe('what is no module that Node can run is said:', () => {
  const cases: readonly (readonly [what: string, name: string, source: string, says: RegExp])[] = [
    [
      'JSON',
      'app.json',
      '{}',
      /^app\.json could not be loaded: it is JSON, and no module\. Name the module\.$/,
    ],
    ['JSX', 'app.tsx', '', /^app\.tsx could not be loaded: .* compile others/],
    [
      'a page',
      'index.html',
      '',
      /index\.html could not be loaded: .* A page is served with its folder: name that\.$/,
    ],
    [
      'an app of Bun',
      'app.ts',
      '\nBun.serve({});',
      /^app\.ts:2 .*: Bun is not defined\. .* export default \{ fetch \}/,
    ],
    [
      'an app of Deno',
      'app.ts',
      'Deno.serve({});',
      /^app\.ts:1 .*: Deno is not defined\. .* export default \{ fetch \}/,
    ],
    [
      'a promise that rejects',
      'app.mjs',
      `export default Promise.reject(new Error('no'));`,
      /^app\.mjs:1 .*: no\. /,
    ],
  ];
  for (const [what, name, source, says] of cases)
    test(what, () => assertFails(fileOf(source, name), 'ERR_HEDDLE_APP_IMPORT', says));
});
