import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { objectLayer } from '#server/server-config.ts';
import { SupervisedServer } from '#server/supervised-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { RawConnection } from '../system/raw-connection.ts';

/** A server whose threads bind for themselves, as where descriptors cannot be duplicated. */
class ReusePortServer implements AsyncDisposable {
  readonly #path = `${temporaryFolder()}/app.mjs`;
  readonly #server: SupervisedServer;
  readonly lines: string[] = [];

  constructor() {
    this.write('one');
    this.#server = new SupervisedServer({
      ...{
        app: pathToFileURL(this.#path),
        staticRoot: undefined,
        tasks: undefined,
        virtualHosts: () => [],
        flags: [],
      },
      above: [objectLayer({ port: 0, threads: 2, idleGraceMs: 600_000 }, 'the test')],
      ...{ below: [], inherited: { descriptors: [], oneEach: false }, backend: 'reuse-port' },
      log: { write: (severity, message) => this.lines.push(`${severity} ${message}`) },
    });
  }

  write(version: string): void {
    writeFileSync(this.#path, `export default { fetch: () => new Response('${version}') };`);
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  reload(): Promise<void> {
    return this.#server.reload('the test');
  }

  get url(): string {
    const { sockets } = this.#server.settled;
    assert.equal(sockets.backend, 'reuse-port');
    return `http://127.0.0.1:${sockets.address.port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const end = await this.#server.close(0);
    assert.deepEqual(end, { cut: [], stoppedThreads: [], stuckThreads: 0 });
  }
}

/** What one request on a connection of its own comes to: the body, or how the connection ended without. */
function outcomeAt(url: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.setEncoding('latin1');
  socket.end('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  let text = '';
  socket.on('data', (part: string) => (text += part));
  return new Promise((resolve) => {
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'error'));
    socket.on('end', () => resolve(text.split('\r\n\r\n')[1] ?? 'closed'));
  });
}

describe('where each thread binds for itself, a reload', () => {
  test('serves the new version, and lets an open connection of the old one end in order', async () => {
    await using server = new ReusePortServer();
    await server.start();
    await using open = await RawConnection.open(server.url);
    assert.equal((await open.fetch('/')).body, 'one');
    server.write('two');
    await server.reload();
    assert.deepEqual(await Promise.all(Array.from({ length: 20 }, () => outcomeAt(server.url))), [
      ...Array.from({ length: 20 }, () => 'two'),
    ]);
    const last = await open.fetch('/');
    assert.deepEqual([last.body, last.headers.get('connection')], ['one', 'close']);
  });

  test('refuses no connection; what it can cost is one that waits as an old thread closes its socket', async () => {
    await using server = new ReusePortServer();
    await server.start();
    const { url } = server;
    const outcomes = new Map<string, number>();
    let isOver = false;
    const load = Array.from({ length: 8 }, async () => {
      while (!isOver) {
        const outcome = await outcomeAt(url);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    });
    for (const version of ['two', 'three', 'four']) {
      server.write(version);
      await server.reload();
    }
    isOver = true;
    await Promise.all(load);
    const { one = 0, ECONNRESET: lost = 0, ...rest } = Object.fromEntries(outcomes);
    assert.deepEqual(
      Object.keys(rest).filter((outcome) => !/^(?:two|three|four)$/.test(outcome)),
      [],
    );
    assert.ok(one > 0);
    // Two threads a reload, and of each no more than came within one turn of its loop.
    assert.ok(lost <= 3 * 2 * load.length, `${lost} lost`);
    assert.deepEqual(
      server.lines.filter((line) => !line.startsWith('info ')),
      [],
    );
  });
});
