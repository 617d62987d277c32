import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Log } from '#observe/log.ts';
import type { Server } from '#server/running-server.ts';
import { serve } from '#server/serve.ts';
import type { ServeOptions } from '#server/serve-targets.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { RawConnection } from '../system/raw-connection.ts';

const quick = { port: 0, idleGraceMs: 0, threads: 2 } as const;

/** An app module in a folder of its own, which tests change. */
class AppFile {
  readonly folder: string = temporaryFolder();
  readonly path: string = `${this.folder}/app.mjs`;

  constructor(version: string, members = '') {
    this.write(version, members);
  }

  /** Another version: `/` answers with its name, `/job` with what the tasks make of it. */
  write(version: string, members = '', before = ''): void {
    writeFileSync(
      this.path,
      `import { workerData } from 'node:worker_threads';
      ${before}
      let release;
      export default {
        ${members}
        async fetch(request, { thread, pool }) {
          const { pathname } = new URL(request.url);
          if (pathname === '/job') return new Response(String(await pool.execute('name', [])));
          if (pathname === '/wait') await new Promise((resolve) => { release = resolve; });
          if (pathname === '/release') release();
          return new Response('${version}', { headers: { 'x-thread': String(thread) } });
        },
      };`,
    );
  }

  writeTasks(text: string): void {
    writeFileSync(`${this.folder}/tasks.mjs`, text);
  }
}

/** A log that keeps what it is told. */
class KeptLog implements Log {
  readonly lines: string[] = [];
  #onLine: (() => void)[] = [];

  write(severity: string, message: string): void {
    this.lines.push(`${severity} ${message}`);
    for (const resolve of this.#onLine.splice(0)) resolve();
  }

  async untilLine(pattern: RegExp): Promise<void> {
    while (!this.lines.some((line) => pattern.test(line))) {
      await new Promise<void>((resolve) => this.#onLine.push(resolve));
    }
  }
}

function serveApp(
  app: AppFile,
  options: Partial<ServeOptions> = {},
  log: Log = new KeptLog(),
): Promise<Server> {
  return serve({ ...quick, app: app.path, ...options } as ServeOptions, { log });
}

async function bodyOf(server: Server, path = ''): Promise<string> {
  await using connection = await RawConnection.open(server.url);
  return (await connection.fetch(`/${path}`)).body;
}

/** What a number of new connections are answered with, each kind once. */
async function bodiesOf(server: Server): Promise<string[]> {
  const bodies = new Set<string>();
  for (let count = 0; count < 20; count += 1) bodies.add(await bodyOf(server));
  return [...bodies];
}

describe('reload()', () => {
  test('serves the app as it is now, with the options it has now, in every thread', async () => {
    const app = new AppFile('one');
    const log = new KeptLog();
    await using server = await serveApp(app, {}, log);
    assert.deepEqual(await bodiesOf(server), ['one']);
    const { url } = server;
    app.write('two', 'drainMs: 1234,');
    await server.reload();
    assert.deepEqual(await bodiesOf(server), ['two']);
    assert.equal(server.settings.drainMs, 1234);
    assert.equal(server.url, url);
    assert.equal(log.lines[0], 'info reloading (server.reload())');
    assert.match(log.lines[1] ?? '', /^info generation 2 serves, in \d+ ms$/);
  });

  test('lets an answer of the generation before come to its end, behind which the connection is closed', async () => {
    const app = new AppFile('one');
    await using server = await serveApp(app, { idleGraceMs: 10_000 });
    await using waiting = await RawConnection.open(server.url);
    await using idle = await untilSameThread(server, waiting);
    app.write('two');
    await server.reload();
    assert.equal(await bodyOf(server), 'two');
    assert.equal((await idle.fetch('/release')).headers.get('connection'), 'close');
    const waited = await waiting.reply();
    assert.equal(waited.body, 'one');
    assert.equal(waited.headers.get('connection'), 'close');
    assert.equal(await waiting.untilEnd(), '');
  });

  test('cuts what takes longer than drainMs, and says so', async () => {
    const app = new AppFile('one');
    const log = new KeptLog();
    await using server = await serveApp(app, { drainMs: 100 }, log);
    await using waiting = await RawConnection.open(server.url);
    waiting.get('/wait');
    await bodyOf(server);
    await server.reload();
    assert.equal(await waiting.untilGone(), '');
    await server.close();
    // Told by the log or, where the shutdown came first, by close().
    const told = [...log.lines, ...(await server.closed).cut.map(({ target }) => `cut GET ${target}`)];
    assert.ok(
      told.some((line) => /cut GET \/wait$/.test(line)),
      told.join('\n'),
    );
  });

  test('brings pool threads of its own, with the tasks as they are now', async () => {
    const app = new AppFile('one', "tasks: './tasks.mjs', poolThreads: 1,");
    app.writeTasks("export const name = () => 'first';");
    await using server = await serveApp(app);
    assert.equal(await bodyOf(server, 'job'), 'first');
    app.writeTasks("export const name = () => 'second';");
    await server.reload();
    assert.equal(await bodyOf(server, 'job'), 'second');
  });

  test('names what only a restart can change, and keeps it', async () => {
    const app = new AppFile('one', 'port: 0, threads: 2,');
    const log = new KeptLog();
    await using server = await serve({ app: app.path, idleGraceMs: 0 }, { log });
    const { url } = server;
    app.write('two', 'port: 1, threads: 3, maxFields: 7,');
    await server.reload();
    const line =
      'warning generation 2: changed without effect until a restart: port (1 instead of 0), threads (3 instead of 2)';
    assert.ok(log.lines.includes(line), log.lines.join('\n'));
    assert.equal(server.url, url);
    assert.equal(server.settings.port, 0);
    assert.equal(server.settings.maxFields, 7);
    assert.equal(await bodyOf(server), 'two');
  });
});

describe('reloads one after the other, each with an answer that does not end', () => {
  const patient = { threads: 1, drainMs: 600_000 } as const;

  async function waitingOn(server: Server): Promise<RawConnection> {
    const waiting = await RawConnection.open(server.url);
    waiting.get('/wait');
    // Behind it, and from the only thread.
    await bodyOf(server);
    return waiting;
  }

  test('cut the oldest short when it would be the fourth that finishes what it has', async () => {
    const app = new AppFile('one');
    const log = new KeptLog();
    await using server = await serveApp(app, patient, log);
    await using first = await waitingOn(server);
    await server.reload();
    await using second = await waitingOn(server);
    await server.reload();
    await using _third = await waitingOn(server);
    await server.reload();
    await using _fourth = await waitingOn(server);
    app.write('broken', '}');
    await assert.rejects(server.reload());
    assert.ok(!log.lines.some((line) => line.includes('cut short')), log.lines.join('\n'));
    app.write('five');
    await server.reload();
    assert.equal(await first.untilGone(), '');
    await log.untilLine(/generation 1 has ended/);
    const cuts = log.lines.filter((line) => line.includes(' cut '));
    assert.deepEqual(cuts, [
      'warning generation 1 is cut short: no more than 3 may be finishing what they have',
      'warning generation 1 cut GET /wait',
    ]);
    await server.reload();
    assert.equal(await second.untilGone(), '');
    assert.equal(await bodyOf(server), 'five');
  });

  test('do not wait for jobs of the generation that is cut short', async () => {
    const app = new AppFile('one', "tasks: './tasks.mjs', poolThreads: 1,");
    app.writeTasks('export const name = () => { for (;;); };');
    const log = new KeptLog();
    await using server = await serveApp(app, patient, log);
    await using first = await RawConnection.open(server.url);
    first.get('/job');
    await bodyOf(server);
    app.write('later');
    const kept: RawConnection[] = [];
    for (let reload = 0; reload < 4; reload += 1) {
      await server.reload();
      kept.push(await waitingOn(server));
    }
    assert.notEqual((await first.untilGone()).split(' ')[1], '200');
    await log.untilLine(/generation 1 has ended/);
    for (const connection of kept) await connection[Symbol.asyncDispose]();
  });
});

describe('a reload that fails', () => {
  const failures: readonly (readonly [what: string, members: string, before: string, message: RegExp])[] = [
    ['an app that throws', '', 'throw new Error("No luck at all.");', /No luck at all/],
    ['an app that cannot be parsed', '}', '', /could not be loaded: Unexpected/],
    ['an app whose ready() throws', 'ready() { throw new Error("Never ready."); },', '', /Never ready/],
    [
      'an app that fails in one thread of two',
      '',
      'if (workerData.index === 1) throw new Error("Not here.");',
      /Not here/,
    ],
    [
      'an app that never loads',
      '',
      'await new Promise(() => setInterval(() => {}, 1000));',
      /not ready within 3000 ms/,
    ],
    ['an option that cannot be', 'maxFields: -1,', '', /maxFields/],
    ['tasks that throw', "tasks: './tasks.mjs',", '', /Bad tasks/],
  ];
  for (const [what, members, before, message] of failures) {
    test(`${what}: nothing has happened but a line in the log`, async () => {
      const app = new AppFile('one');
      app.writeTasks('throw new Error("Bad tasks");');
      const log = new KeptLog();
      await using server = await serveApp(app, { startMs: 3000 }, log);
      await using kept = await RawConnection.open(server.url);
      await kept.fetch('/');
      app.write('two', members, before);
      const bodies = new Set<string>();
      let isOver = false;
      const reloading = server.reload().finally(() => {
        isOver = true;
      });
      const watching = (async () => {
        while (!isOver) bodies.add(await bodyOf(server));
      })();
      await assert.rejects(reloading, { message });
      await watching;
      assert.deepEqual([...bodies], ['one']);
      assert.deepEqual(await bodiesOf(server), ['one']);
      // The connections of the generation that serves on do not notice.
      assert.notEqual((await kept.fetch('/')).headers.get('connection'), 'close');
      const failed = log.lines.filter((line) =>
        line.startsWith('error reload failed, generation 1 serves on\n'),
      );
      assert.equal(failed.length, 1, log.lines.join('\n'));
      app.write('three');
      await server.reload();
      assert.deepEqual(await bodiesOf(server), ['three']);
      assert.deepEqual(await server.close(), { cut: [], stoppedThreads: [], stuckThreads: 0 });
    });
  }

  test('ERR_HEDDLE_RELOAD_HERE: a function of this thread cannot be loaded anew', async () => {
    await using server = await serve({
      ...quick,
      threads: undefined as never,
      fetch: () => new Response('x'),
    });
    await assert.rejects(server.reload(), { name: 'HeddleError', code: 'ERR_HEDDLE_RELOAD_HERE' });
  });
});

describe('a shutdown and a reload', () => {
  test('ERR_HEDDLE_CLOSING: what is shutting down is not reloaded', async () => {
    const server = await serveApp(new AppFile('one'));
    const closed = server.close();
    await assert.rejects(server.reload(), { name: 'HeddleError', code: 'ERR_HEDDLE_CLOSING' });
    await closed;
    await assert.rejects(server.reload(), { code: 'ERR_HEDDLE_CLOSING' });
  });

  test('a shutdown during a reload ends both generations, and the reload fails', async () => {
    const app = new AppFile('one');
    const server = await serveApp(app);
    app.write('two', '', 'await new Promise(() => setInterval(() => {}, 1000));');
    const reloading = assert.rejects(server.reload(), { code: 'ERR_HEDDLE_CLOSING' });
    const again = assert.rejects(server.reload(), { code: 'ERR_HEDDLE_CLOSING' });
    assert.equal(await bodyOf(server), 'one');
    assert.deepEqual(await server.close(), { cut: [], stoppedThreads: [], stuckThreads: 0 });
    await reloading;
    await again;
    await assert.rejects(RawConnection.open(server.url), { code: 'ECONNREFUSED' });
  });

  test('a shutdown behind a reload waits for the answers of both generations', async () => {
    const app = new AppFile('one');
    const server = await serveApp(app, { idleGraceMs: 10_000 });
    await using waiting = await RawConnection.open(server.url);
    await using idle = await untilSameThread(server, waiting);
    await server.reload();
    const closed = server.close();
    await idle.fetch('/release');
    assert.equal((await waiting.reply()).body, 'one');
    assert.deepEqual(await closed, { cut: [], stoppedThreads: [], stuckThreads: 0 });
  });
});

/** Sends `/wait` and gives an idle connection that has fallen to the same thread. */
async function untilSameThread(server: Server, waiting: RawConnection): Promise<RawConnection> {
  const threadOf = async (connection: RawConnection) => (await connection.fetch('/')).headers.get('x-thread');
  const thread = await threadOf(waiting);
  for (;;) {
    const idle = await RawConnection.open(server.url);
    if ((await threadOf(idle)) === thread) {
      waiting.get('/wait');
      // Behind it in the same thread: it has come there, too.
      return idle;
    }
    await idle[Symbol.asyncDispose]();
  }
}
