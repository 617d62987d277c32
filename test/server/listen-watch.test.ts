import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type LoadedApp, loadApp } from '#server/app-module.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What the modules below had listen. */
const told = globalThis as { opened?: Server[] };

/** Loads a module with the given body behind the import of `createServer`; ends what it had listen. */
async function load(source: string, port = 0): Promise<LoadedApp> {
  told.opened = [];
  const head = `import { createServer as make } from 'node:http';
    const createServer = (...args) => { const it = make(...args); globalThis.opened.push(it); return it; };\n`;
  const folder = temporaryFolder({ 'app.mjs': head + source.replaceAll('PORT', String(port)) });
  try {
    return await loadApp(pathToFileURL(`${folder}/app.mjs`));
  } finally {
    for (const server of told.opened) server.close();
  }
}

/** A port that is taken as long as the block lasts, as by another thread. */
async function takenPort(reusePort = false): Promise<{ port: number } & AsyncDisposable> {
  const server = createServer().listen({ port: 0, host: '127.0.0.1', reusePort });
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return { port, [Symbol.asyncDispose]: async () => void server.close() };
}

const APP = 'export default { fetch() {} };';
const LISTENS = /app\.mjs:3 listens on port \d+ by itself, .* Leave listen\(\) out and export the app/;

describe('a module that listens by itself is refused, with the line,', () => {
  const cases: readonly (readonly [what: string, source: string])[] = [
    ['where it exports nothing', `createServer().listen(PORT, '127.0.0.1');`],
    ['where any port would do', 'createServer().listen(0);'],
    ['where it is prepared to fail', `createServer().listen(PORT, '127.0.0.1').on('error', () => {});`],
    ['where it exports a handler beside it', `createServer().listen(PORT, '127.0.0.1'); ${APP}`],
    [
      'where the listening server is of what it exports',
      'const app = (request) => 1; createServer(app).listen(0); export default app;',
    ],
    [
      'where it would never have been loaded',
      `createServer().listen(PORT, '127.0.0.1'); await new Promise(() => {});`,
    ],
  ];
  for (const [what, source] of cases)
    test(what, async () => {
      await using taken = await takenPort();
      await assert.rejects(load(source, taken.port), { code: 'ERR_HEDDLE_APP_LISTENS', message: LISTENS });
    });

  test('on a Unix domain socket too', async () => {
    const socket = `${temporaryFolder()}/own.sock`;
    await assert.rejects(load(`createServer().listen('${socket}'); ${APP}`), {
      code: 'ERR_HEDDLE_APP_LISTENS',
      message: new RegExp(`app\\.mjs:3 listens on ${socket} by itself`),
    });
  });
});

describe('beside a handler a module may listen for another purpose', () => {
  test('on any port, and on one that threads share', async () => {
    await using shared = await takenPort(true);
    const { warnings } = await load(
      `createServer().listen({ port: PORT, host: '127.0.0.1', reusePort: true }); createServer().listen(0); ${APP}`,
      shared.port,
    );
    assert.deepEqual(warnings, []);
  });

  test('on a fixed port where it has seen to a failure; it is warned of', async () => {
    await using taken = await takenPort();
    for (const listener of [`.on('error', () => {})`, `.once('error', () => {})`]) {
      const source = `createServer().listen(PORT, '127.0.0.1')${listener}; await new Promise(setImmediate); ${APP}`;
      const { warnings } = await load(source, taken.port);
      assert.equal(warnings.length, 1);
      assert.match(
        warnings[0] ?? '',
        /app\.mjs:3 listens on port \d+, which one thread gets .* reusePort: true/,
      );
    }
  });
});
