import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type LoadedApp, loadApp } from '#server/app-module.ts';
import type { Context } from '#server/context.ts';
import type { Server } from '#server/running-server.ts';
import { settleConfig } from '#server/server-config.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// A load in this thread leaves it as a server thread: serve() is captured in it from then on.

const SERVE = new URL('../../src/server/serve.ts', import.meta.url).href;
const { settings } = settleConfig([]);
const SIGHT = { address: { host: '127.0.0.1', port: 4567 }, settings, threads: 3 };

function load(source: string): Promise<LoadedApp> {
  const folder = temporaryFolder({ 'app.mjs': `import { serve } from '${SERVE}';\n${source}` });
  return loadApp(pathToFileURL(`${folder}/app.mjs`));
}

async function bodyOf({ app }: LoadedApp): Promise<unknown> {
  if (!('fetch' in app)) return app.what;
  return app.fetch(new Request('http://h/'), {} as Context, {} as Context);
}

/** What the modules below tell of the server they got. */
const told = globalThis as { server?: Server; said?: string[] };

describe('a module that calls serve()', () => {
  test('is loaded although it waits for the server, which it gets when there is one', async () => {
    told.said = [];
    const loaded = await load(
      `const server = await serve({ word: 'it', fetch() { return this.word; }, port: 1, threads: 2 });
       globalThis.said.push(server.url);
       export const ready = () => globalThis.said.push('ready');
       globalThis.server = server;`,
    );
    assert.equal(loaded.handler, 'serve()');
    assert.deepEqual(loaded.options.values, { port: 1, threads: 2 });
    assert.equal(await bodyOf(loaded), 'it');
    assert.deepEqual(told.said, []);
    await loaded.bound(SIGHT);
    await loaded.ready();
    assert.deepEqual(told.said, ['http://127.0.0.1:4567/', 'ready']);
    assert.deepEqual(told.server?.address, SIGHT.address);
    assert.equal(told.server?.threads.count, 3);
    assert.equal(told.server?.settings, settings);
  });

  test('may go on without it', async () => {
    const loaded = await load(
      `serve({ fetch: () => 'it' }).then(({ url }) => { globalThis.said = [url]; });`,
    );
    assert.equal(await bodyOf(loaded), 'it');
    await loaded.bound(SIGHT);
    assert.deepEqual(told.said, ['http://127.0.0.1:4567/']);
  });

  test('may have another copy of heddle than the one that loads it', async () => {
    const loaded = await load(
      `const other = globalThis[Symbol.for('heddle.capture')]; await other({ fetch: () => 'it' }, '/srv/app.ts:7');
       await other({ fetch: () => 'no' }, '/srv/app.ts:8');`,
    );
    assert.equal(await bodyOf(loaded), 'it');
    await assert.rejects(loaded.bound(SIGHT), {
      message: /\/srv\/app\.ts:7 and serve\(\) in \/srv\/app\.ts:8/,
    });
  });

  test('may export the same function', async () => {
    const loaded = await load(`export const fetch = () => 'it'; serve({ fetch, port: 2 });`);
    assert.equal(await bodyOf(loaded), 'it');
    assert.deepEqual(loaded.options.values, { port: 2 });
  });

  test('may wait for its end', async () => {
    const loaded = await load(
      `const { closed } = await serve({ fetch() {} }); globalThis.said = []; globalThis.said.push(await closed);`,
    );
    await loaded.bound(SIGHT);
    const end = { cut: [], stoppedThreads: [], stuckThreads: 0 };
    loaded.drained(end);
    await loaded.close();
    assert.deepEqual(told.said, [end]);
  });

  test('gives paths relative to the working directory, as serve() does', async () => {
    const loaded = await load(`await serve({ fetch() {}, static: 'test', tasks: 'package.json' });`);
    assert.equal(loaded.options.staticRoot, `${process.cwd()}/test`);
    assert.equal(loaded.options.tasks, pathToFileURL('package.json').href);
    await assert.rejects(load(`await serve({ fetch() {}, static: 'no-such-folder' });`), {
      code: 'ERR_HEDDLE_NO_TARGET',
      message: /^static in serve\(\) in .*app\.mjs:2: there is no .*relative to the working directory\.$/,
    });
  });

  test('cannot end or reload the server, but is told how', async () => {
    const loaded = await load(`globalThis.server = await serve({ fetch() {} });`);
    await loaded.bound(SIGHT);
    const code = 'ERR_HEDDLE_SERVE_IN_THREAD';
    await assert.rejects(async () => told.server?.close(), { code, message: /process\.kill\(.*'SIGTERM'\)/ });
    await assert.rejects(async () => told.server?.reload(), { code, message: /process\.kill\(.*'SIGHUP'\)/ });
  });

  test('is named with its own line where it fails of what the server refuses', async () => {
    const loaded = await load(`const server = await serve({ fetch() {} });\nawait server.close();`);
    await assert.rejects(loaded.bound(SIGHT), {
      code: 'ERR_HEDDLE_APP_IMPORT',
      message: /\/app\.mjs:3 could not be loaded: close\(\) was called in a server thread/,
    });
  });

  test('cannot call it when it has been loaded', async () => {
    const loaded = await load(`export const fetch = () => serve({ fetch });`);
    await loaded.bound(SIGHT);
    await assert.rejects(bodyOf(loaded), {
      code: 'ERR_HEDDLE_SERVE_IN_THREAD',
      message: /app\.mjs:2 calls serve\(\) in a server thread.* Call it while the module is loaded/,
    });
  });

  const refused: readonly (readonly [what: string, source: string, code: string, says: RegExp])[] = [
    [
      'an export fetch',
      'serve({ fetch() {} });\nexport const fetch = () => 1;',
      'ERR_HEDDLE_APP_TWO_HANDLERS',
      /the export fetch in .*app\.mjs:3 and serve\(\) in .*app\.mjs:2\./,
    ],
    [
      'a second one',
      'serve({ fetch() {} });\nserve({ fetch() {} });',
      'ERR_HEDDLE_APP_TWO_HANDLERS',
      /serve\(\) in .*app\.mjs:2 and serve\(\) in .*app\.mjs:3\. Call it once/,
    ],
    [
      'a module',
      `await serve({ app: 'app.ts' });`,
      'ERR_HEDDLE_SERVE_IN_THREAD',
      /:2 calls serve\(\{ app \}\)/,
    ],
    [
      'a folder',
      `await serve({ static: '.' });`,
      'ERR_HEDDLE_SERVE_IN_THREAD',
      /:2 calls serve\(\{ static \}\)/,
    ],
    ['nothing', 'serve({});', 'ERR_HEDDLE_SERVE_IN_THREAD', /:2 calls serve\(\) without a function/],
    ['no options', 'serve();', 'ERR_HEDDLE_SERVE_IN_THREAD', /:2 calls serve\(\) without a function/],
  ];
  for (const [what, source, code, message] of refused)
    test(`is refused with ${what}`, () => assert.rejects(load(source), { code, message }));

  for (const [what, rest, code] of [
    ['a second serve()', 'await serve({ fetch() {} });', 'ERR_HEDDLE_APP_TWO_HANDLERS'],
    ['an export fetch', 'export const fetch = () => 1;', 'ERR_HEDDLE_APP_TWO_HANDLERS'],
    ['an error', `throw new Error('no');`, 'ERR_HEDDLE_APP_IMPORT'],
  ] as const)
    test(`is refused before it is ready for ${what} behind the server it waited for`, async () => {
      const loaded = await load(`await serve({ fetch() {} });\n${rest}`);
      await assert.rejects(loaded.bound(SIGHT), { code });
    });
});
