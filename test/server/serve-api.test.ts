import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { canHoldPaths } from '#native/held-socket.ts';
import { serve } from '#server/serve.ts';
import type { ServeOptions } from '#server/serve-targets.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const quick = { port: 0, idleGraceMs: 0 } as const;

function bodyOf(url: string): Promise<string> {
  return fetch(url).then((response) => response.text());
}

describe('serve({ fetch })', () => {
  test('serves from this thread at its url until close(), which may be called twice', async () => {
    const server = await serve({ ...quick, fetch: (request) => new Response(new URL(request.url).pathname) });
    assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    assert.equal(server.address.host, '127.0.0.1');
    assert.equal(server.url, `http://127.0.0.1:${server.address.port}/`);
    assert.equal(server.threads.count, 1);
    assert.equal(await bodyOf(`${server.url}here`), '/here');
    const end = server.close();
    assert.equal(server.close(), end);
    assert.deepEqual(await end, { cut: [], stoppedThreads: [], stuckThreads: 0 });
    assert.equal(await server.closed, await end);
    await assert.rejects(fetch(server.url));
  });

  test('ends with the block that it was declared in by await using', async () => {
    let url: string;
    {
      await using server = await serve({ ...quick, fetch: () => new Response('x') });
      url = server.url;
      assert.equal(await bodyOf(url), 'x');
    }
    await assert.rejects(fetch(url));
  });

  test('lets the app pass its request to fetch and to new Request, and puts the globals back at its end', async () => {
    const globals = [Request, Response, fetch];
    const target = await serve({
      ...quick,
      fetch: async (request) => new Response(`${request.method} ${await request.text()}`),
    });
    const { host } = new URL(target.url);
    const server = await serve({
      ...quick,
      fetch: (request) => fetch(request.url.replace(new URL(request.url).host, host), new Request(request)),
    });
    const answer = await fetch(server.url, { method: 'POST', body: 'content' });
    assert.equal(await answer.text(), 'POST content');
    await target.close();
    await server.close();
    assert.deepEqual([Request, Response, fetch], globals);
  });

  test('answers maxRequests requests and then ends by itself', async () => {
    const server = await serve({ ...quick, maxRequests: 2, fetch: () => new Response('x') });
    assert.equal(await bodyOf(server.url), 'x');
    assert.equal(await bodyOf(server.url), 'x');
    assert.deepEqual(await server.closed, { cut: [], stoppedThreads: [], stuckThreads: 0 });
  });

  test('listens on a Unix domain socket, whose file goes with it', { skip: !canHoldPaths() }, async () => {
    const socket = `${temporaryFolder()}/heddle.sock`;
    const server = await serve({
      ...quick,
      socket,
      socketMode: 0o600,
      fetch: ({ url }) => new Response(url),
    });
    assert.equal(server.url, socket);
    assert.deepEqual(server.address, { host: '', port: 0, path: socket });
    assert.equal(statSync(socket).mode & 0o777, 0o600);
    const [response] = (await once(
      get({ socketPath: socket, path: '/a', headers: { host: 'b' } }),
      'response',
    )) as [IncomingMessage];
    assert.equal(await text(response), 'http://b/a');
    await assert.rejects(serve({ ...quick, socket, fetch: () => new Response('x') }), {
      code: 'ERR_HEDDLE_SOCKET_IN_USE',
    });
    await server.close();
    assert.equal(existsSync(socket), false);
  });

  test('asks a folder before the function', async () => {
    const folder = temporaryFolder({ 'page.txt': 'from the folder' });
    await using server = await serve({ ...quick, static: folder, fetch: () => new Response('from fetch') });
    assert.equal(await bodyOf(`${server.url}page.txt`), 'from the folder');
    assert.equal(await bodyOf(`${server.url}other`), 'from fetch');
  });

  test('runs functions and named tasks in a pool', async () => {
    const folder = temporaryFolder({ 'tasks.mjs': 'export const twice = (n) => 2 * n;' });
    await using server = await serve({
      ...quick,
      poolThreads: 1,
      tasks: `${folder}/tasks.mjs`,
      fetch: async (_, { pool }) => {
        const run = pool.execute as (job: unknown, args: readonly unknown[]) => Promise<unknown>;
        return Response.json([await run('twice', [21]), await run((a: number) => a + 1, [1])]);
      },
    });
    assert.equal(await bodyOf(server.url), '[42,2]');
  });
});

describe('serve({ app }) and serve({ static })', () => {
  test('serves an app module on several threads', async () => {
    const folder = temporaryFolder({
      'app.mjs': 'export default { fetch: (request, { thread }) => new Response(String(thread)) };',
    });
    await using server = await serve({ ...quick, app: `${folder}/app.mjs`, threads: 2 });
    assert.equal(server.threads.count, 2);
    assert.match(await bodyOf(server.url), /^[01]$/);
    assert.deepEqual(await server.close(), { cut: [], stoppedThreads: [], stuckThreads: 0 });
    await assert.rejects(fetch(server.url));
  });

  test('options of serve() are stronger than those of the module', async () => {
    const folder = temporaryFolder({
      'app.mjs': 'export default { threads: 3, maxFields: 7, fetch: () => new Response("x") };',
    });
    await using server = await serve({ ...quick, app: `${folder}/app.mjs`, threads: 1 });
    assert.equal(server.threads.count, 1);
    assert.equal(server.settings.maxFields, 7);
  });

  test('defaults of the command are weaker than options of the module', async () => {
    const folder = temporaryFolder({
      'app.mjs': 'export default { maxFields: 7, fetch: () => new Response("x") };',
    });
    const defaults = { origin: () => 'a test', values: { maxFields: 8, hangTimeoutMs: 2_000 } };
    await using server = await serve({ ...quick, app: `${folder}/app.mjs`, threads: 1 }, { defaults });
    assert.equal(server.settings.maxFields, 7);
    assert.equal(server.settings.hangTimeoutMs, 2_000);
  });

  test('serves the virtual hosts of a module that calls it, but for those of its own', async () => {
    const serveUrl = new URL('../../src/server/serve.ts', import.meta.url).href;
    const folder = temporaryFolder({
      'a/index.html': 'site a',
      'b/index.html': 'site b',
      'app.mjs': `import { serve } from '${serveUrl}';
        const site = new URL('./a', import.meta.url);
        await serve({ fetch: () => new Response('app'), virtualHosts: [{ host: 'x.example', static: site }] });`,
    });
    const ofHost = async (url: string): Promise<string> => {
      const [answer] = await once(get(url, { headers: { host: 'x.example' }, agent: false }), 'response');
      return text(answer as IncomingMessage);
    };
    const options = { ...quick, app: `${folder}/app.mjs`, threads: 1 };
    await using server = await serve(options);
    assert.equal(await ofHost(server.url), 'site a');
    assert.equal(await bodyOf(server.url), 'app');
    const virtualHosts = [{ host: 'x.example', static: `${folder}/b` }];
    await using other = await serve({ ...options, virtualHosts });
    assert.equal(await ofHost(other.url), 'site b');
  });

  test('serves a folder', async () => {
    const folder = temporaryFolder({ 'page.txt': 'from the folder' });
    await using server = await serve({ ...quick, static: folder, threads: 1 });
    assert.equal(await bodyOf(`${server.url}page.txt`), 'from the folder');
    assert.equal((await fetch(`${server.url}other`)).status, 404);
  });
});

describe('what serve() refuses', () => {
  const app = { fetch: () => new Response('x') };
  const cases: readonly (readonly [what: string, options: object, code: string])[] = [
    ['a port out of range', { ...app, port: 65_536 }, 'ERR_HEDDLE_OPTION'],
    ['a duration below 0', { ...app, port: 0, drainMs: -1 }, 'ERR_HEDDLE_OPTION'],
    ['no threads at all', { static: '.', port: 0, threads: 0 }, 'ERR_HEDDLE_OPTION'],
    ['an app that is not there', { app: 'no/such/app.ts', port: 0 }, 'ERR_HEDDLE_NO_TARGET'],
    ['a folder that is not there', { static: 'no/such/folder', port: 0 }, 'ERR_HEDDLE_NO_TARGET'],
    ['tasks that are not there', { static: '.', tasks: 'no/tasks.ts', port: 0 }, 'ERR_HEDDLE_NO_TARGET'],
    ['a file as a folder', { static: 'package.json', port: 0 }, 'ERR_HEDDLE_NO_TARGET'],
    ['an address that is not here', { ...app, port: 0, hostname: '192.0.2.1' }, 'ERR_HEDDLE_ADDRESS'],
    ['nothing to serve', { port: 0 }, 'ERR_HEDDLE_NO_TARGET'],
  ];
  for (const [what, options, code] of cases) {
    test(`${what}: ${code}`, async () => {
      const started = serve(options as ServeOptions).then((server) => server.close());
      await assert.rejects(started, { name: 'HeddleError', code });
    });
  }

  test('a port in use: ERR_HEDDLE_PORT_IN_USE, from this thread and from several', async () => {
    await using server = await serve({ ...quick, ...app });
    const { port } = server.address;
    const inUse = { code: 'ERR_HEDDLE_PORT_IN_USE', message: new RegExp(`\\b${port}\\b`) };
    await assert.rejects(serve({ ...app, port }), inUse);
    await assert.rejects(serve({ static: ROOT, port, threads: 2 }), inUse);
  });
});

describe('a script that serves', () => {
  for (const how of ['{ fetch: () => new Response("x"), port: 0 }', '{ static: ".", threads: 2, port: 0 }']) {
    test(`ends by itself after close(): serve(${how})`, async () => {
      const script = `
        import { serve } from '${pathToFileURL(`${ROOT}src/index.ts`)}';
        const server = await serve(${how});
        const { status } = await fetch(server.url + 'package.json');
        await server.close({ idleGraceMs: 0 });
        console.log(status);
      `;
      const file = `${temporaryFolder({ 'script.mjs': script })}/script.mjs`;
      const child = spawn(process.execPath, [file], {
        cwd: ROOT,
        env: { ...process.env, NODE_TEST_CONTEXT: undefined },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let stdout = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      assert.deepEqual(await once(child, 'close'), [0, null]);
      assert.equal(stdout, '200\n');
    });
  }
});
