import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { describe, test } from 'node:test';
import type { Log } from '#observe/log.ts';
import type { Server } from '#server/running-server.ts';
import { serve } from '#server/serve.ts';
import type { ServeOptions } from '#server/serve-targets.ts';
import type { ThreadsReport } from '#server/thread-report.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const NO_IPV6 =
  !Object.values(networkInterfaces())
    .flat()
    .some((one) => one?.address === '::1') && 'this machine has no IPv6';
const HELLO = 'export default { fetch: () => new Response("hello") };';
const quick = { port: 0, idleGraceMs: 0, threads: 1, admin: '0' } as const;

/** Status and text of a page; the connection is not kept. */
async function ask(server: Pick<Server, 'admin'>, page: string, method = 'GET'): Promise<[number, string]> {
  const response = await fetch(`${server.admin}${page}`, { method, headers: { connection: 'close' } });
  return [response.status, (await response.text()).trimEnd()];
}

async function threadsOf(server: Pick<Server, 'admin'>): Promise<ThreadsReport> {
  return JSON.parse((await ask(server, 'threads'))[1]) as ThreadsReport;
}

function appOf(code: string): string {
  return `${temporaryFolder({ 'app.mjs': code })}/app.mjs`;
}

/** A log that is read. */
function notedLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  return { lines, write: (severity, message) => void lines.push(`${severity} ${message}`) };
}

describe('the admin endpoint', () => {
  test('answers before the app is loaded, and is ready when every thread is', async () => {
    const folder = temporaryFolder();
    const code = `import { existsSync } from 'node:fs';
      while (!existsSync('${folder}/open')) await new Promise((resolve) => setTimeout(resolve, 5));
      ${HELLO}`;
    const { promise: opened, resolve: onAdminOpen } = Promise.withResolvers<string>();
    const starting = serve({ ...quick, app: appOf(code) }, { onAdminOpen });
    const early = { admin: await opened };
    assert.deepEqual(await ask(early, 'livez'), [200, 'ok']);
    assert.deepEqual(await ask(early, 'readyz'), [503, 'starting']);
    assert.equal((await threadsOf(early)).server[0]?.phase, 'starting');
    writeFileSync(`${folder}/open`, '');
    await using server = await starting;
    assert.equal(server.admin, early.admin);
    assert.deepEqual(await ask(server, 'readyz'), [200, 'ok']);
  });

  test('closes with a start that fails', async () => {
    let admin: string | undefined;
    const options = { ...quick, app: appOf('throw new Error("The app is broken.");') };
    await assert.rejects(serve(options, { onAdminOpen: (url) => (admin = url) }), /The app is broken/);
    assert.ok(admin);
    await assert.rejects(fetch(admin));
  });

  test('says that the server shuts down while it still serves, and closes last', async () => {
    const server = await serve({ ...quick, app: appOf(HELLO), shutdownDelayMs: 1500 });
    const closed = server.close();
    assert.deepEqual(await ask(server, 'readyz'), [503, 'shutting down']);
    assert.deepEqual(await ask(server, 'livez'), [200, 'ok']);
    assert.equal(await (await fetch(server.url)).text(), 'hello');
    await closed;
    await assert.rejects(ask(server, 'livez'));
  });

  test('has pages for GET and HEAD, that nobody may store', async () => {
    await using server = await serve({ ...quick, app: appOf(HELLO) });
    for (const page of ['', 'livez', 'readyz', 'threads', 'threads?x', 'livez?', 'metrics', 'snapshot']) {
      const get = await fetch(`${server.admin}${page}`);
      assert.equal(get.status, 200, page);
      assert.equal(get.headers.get('cache-control'), 'no-store', page);
      await get.arrayBuffer();
      const head = await fetch(`${server.admin}${page}`, { method: 'HEAD' });
      assert.equal(head.status, 200, page);
      assert.equal(await head.text(), '');
      const post = await fetch(`${server.admin}${page}`, { method: 'POST', body: 'x' });
      assert.deepEqual([post.status, post.headers.get('allow')], [405, 'GET, HEAD'], page);
      await post.arrayBuffer();
    }
    for (const page of ['livez/', 'Livez', '%6civez', 'x']) assert.equal((await ask(server, page))[0], 404);
    const large = await fetch(`${server.admin}livez`, { headers: { x: 'x'.repeat(20_000) } });
    assert.equal(large.status, 431);
  });

  test('tells of each thread where it is and what it does', async () => {
    const folder = temporaryFolder({
      'tasks.mjs': 'export const one = () => 1;',
      'app.mjs': `export default { tasks: './tasks.mjs', fetch: () => new Response('hello') };`,
    });
    await using server = await serve({ ...quick, threads: 2, poolThreads: 3, app: `${folder}/app.mjs` });
    for (let n = 0; n < 4; n += 1) await (await fetch(server.url)).text();
    const report = await threadsOf(server);
    assert.deepEqual(
      report.server.map(({ index, phase, beat, deaths }) => ({ index, phase, beat, deaths })),
      [0, 1].map((index) => ({ index, phase: 'ready', beat: 'moves', deaths: 0 })),
    );
    const sum = (key: 'requests' | 'connections') =>
      report.server.reduce((total, thread) => total + (thread[key] ?? Number.NaN), 0);
    assert.equal(sum('requests'), 4);
    // The client keeps one connection or a few.
    assert.ok(sum('connections') >= 1 && sum('connections') <= 4);
    assert.deepEqual(
      report.pool.map(({ index }) => index),
      [0, 1, 2],
    );
    for (const { threadId, utilization, memory } of report.server) {
      assert.ok(threadId !== null && threadId > 0);
      assert.ok(utilization !== null && utilization >= 0 && utilization <= 1);
      assert.ok(memory !== null && memory.heapUsedBytes > 0);
      assert.ok(memory.heapLimitBytes > memory.heapUsedBytes);
    }
  });

  test('is not ready once a place was given up, and tells of its deaths', async () => {
    const code = `export default { fetch: (request, { thread }) => {
        if (thread === 0) setImmediate(() => process.exit(1));
        return new Response(String(thread));
      } };`;
    const log = notedLog();
    await using server = await serve({ ...quick, threads: 2, app: appOf(code) }, { log });
    const isGivenUp = () => log.lines.some((line) => line.includes('given up'));
    while (!isGivenUp()) {
      const response = await fetch(server.url, { headers: { connection: 'close' } }).catch(() => undefined);
      await response?.text().catch(() => undefined);
    }
    assert.deepEqual(await ask(server, 'readyz'), [503, 'server-0 died too often and is given up']);
    const [first, second] = (await threadsOf(server)).server;
    assert.deepEqual([first?.phase, first?.deaths, first?.threadId], ['given-up', 5, null]);
    assert.deepEqual([second?.phase, second?.deaths], ['ready', 0]);
  });

  test('listens on IPv6 where it is told to', { skip: NO_IPV6 }, async () => {
    await using server = await serve({ ...quick, app: appOf(HELLO), admin: '[::1]:0' });
    assert.match(server.admin ?? '', /^http:\/\/\[::1\]:\d+\/$/);
    assert.deepEqual(await ask(server, 'livez'), [200, 'ok']);
  });

  test('warns where other machines reach it', async () => {
    const log = notedLog();
    await using server = await serve({ ...quick, app: appOf(HELLO), admin: '0.0.0.0:0' }, { log });
    assert.deepEqual(await ask(server, 'livez'), [200, 'ok']);
    assert.match(
      log.lines.join('\n'),
      /^warning --admin 0\.0\.0\.0:0: other machines reach the admin endpoint/,
    );
  });

  test('is off by default', async () => {
    await using server = await serve({ ...quick, app: appOf(HELLO), admin: '' });
    assert.equal(server.admin, undefined);
  });
});

describe('an admin endpoint that cannot be', () => {
  const refuse = (options: ServeOptions, expected: { code: string; message: RegExp }) =>
    assert.rejects(serve(options), expected);

  test('a port in use is named, with the next step', async () => {
    await using server = await serve({ ...quick, app: appOf(HELLO) });
    const { port } = new URL(server.admin ?? '');
    const code = 'ERR_HEDDLE_PORT_IN_USE';
    await refuse(
      { ...quick, app: appOf(HELLO), admin: port },
      {
        code,
        message: new RegExp(
          `^Port ${port} on 127\\.0\\.0\\.1 is taken.* Use --admin 127\\.0\\.0\\.1:\\d+, or`,
        ),
      },
    );
  });

  test('the port of the server itself is one, too', async () => {
    const { address } = await serve({ ...quick, app: appOf(HELLO) }).then(async (server) => {
      await server.close();
      return server;
    });
    const { port } = address;
    await refuse(
      { ...quick, app: appOf(HELLO), port, admin: String(port) },
      { code: 'ERR_HEDDLE_PORT_IN_USE', message: new RegExp(`^Port ${port} `) },
    );
  });

  test('an address of another machine, and a name that is none', async () => {
    const code = 'ERR_HEDDLE_ADDRESS';
    await refuse({ ...quick, app: appOf(HELLO), admin: '192.0.2.1:1' }, { code, message: /--admin 1 for/ });
  });

  test('an app module that sets it is told where to set it', async () => {
    const app = appOf('export default { admin: "0", fetch: () => new Response("hello") };');
    await refuse(
      { ...quick, app },
      { code: 'ERR_HEDDLE_OPTION', message: /^admin in .* comes too late: .*--admin/ },
    );
  });

  test('serve({ fetch }) has no supervisor for it', async () => {
    const options = { port: 0, admin: '0', fetch: () => new Response('x') } as unknown as ServeOptions;
    await refuse(options, { code: 'ERR_HEDDLE_OPTION', message: /^admin in the options of serve\(\): "0"/ });
  });
});
