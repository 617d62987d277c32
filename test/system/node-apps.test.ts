import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { serve } from '#server/serve.ts';
import { runHeddle, spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { RawConnection, untilRefused } from './raw-connection.ts';

const APP = 'test/system/fixtures/node-app.ts';
const START = [APP, '--threads', '1', '--idle-grace', '0'];
const POST = 'POST /echo HTTP/1.1\r\nHost: h\r\n';

/** The URL of an app module with this source. */
function moduleOf(source: string): string {
  return `${temporaryFolder({ 'app.mjs': source })}/app.mjs`;
}

describe('a function (req, res)', () => {
  test('reads content with a length, in chunks, and behind 100 Continue', async () => {
    await using heddle = await spawnHeddle(START);
    await using connection = await RawConnection.open(heddle.url);
    connection.send(`${POST}Content-Length: 5\r\n\r\nhello`);
    assert.equal((await connection.reply()).body, 'hello');
    connection.send(`${POST}Transfer-Encoding: chunked\r\n\r\n5\r\nworld\r\n0\r\n\r\n`);
    assert.equal((await connection.reply()).body, 'world');
    connection.send(`${POST}Content-Length: 5\r\nExpect: 100-continue\r\n\r\n`);
    assert.equal(await connection.until('\r\n\r\n'), 'HTTP/1.1 100 Continue\r\n\r\n');
    connection.send('again');
    assert.equal((await connection.reply()).body, 'again');
  });

  test('that fails is a bare 500 and an entry in the log, the connection goes on', async () => {
    await using heddle = await spawnHeddle(START);
    await using connection = await RawConnection.open(heddle.url);
    const failed = await connection.fetch('/fail');
    assert.deepEqual([failed.status, failed.body], [500, '500 Internal Server Error\n']);
    assert.equal(failed.headers.get('x-secret'), undefined);
    assert.equal((await connection.fetch('/none')).status, 404);
    await heddle.waitForOutput(
      /error server-0 GET \/fail failed: answered 500\n +TypeError: This app fails here\.\n +at .*node-app\.ts:\d+/,
    );
    assert.doesNotMatch(heddle.stderr, /died/);
  });

  test('that fails behind its head has its connection cut, and the thread goes on', async () => {
    await using heddle = await spawnHeddle(START);
    await using connection = await RawConnection.open(heddle.url);
    connection.get('/fail-behind-head');
    assert.doesNotMatch(await connection.untilGone(), /\r\n0\r\n/);
    await heddle.waitForOutput(/GET \/fail-behind-head failed: the connection was cut/);
    assert.equal((await fetch(heddle.url)).status, 200);
    assert.doesNotMatch(heddle.stderr, /died/);
  });

  test('that returns a Response is a 500, and the log says what to do', async () => {
    await using heddle = await spawnHeddle(START);
    assert.equal((await fetch(`${heddle.url}response`)).status, 500);
    const log = await heddle.waitForOutput(/ERR_HEDDLE_APP_NODE_RESPONSE/);
    assert.match(log, /it returned a Response\. Export it as fetch: export default \{ fetch \}/);
  });

  test('shows its error to whoever is writing it', async () => {
    await using heddle = await spawnHeddle(START, { env: { NODE_ENV: 'development' } });
    const page = await fetch(`${heddle.url}fail`, { headers: { accept: 'text/html' } });
    assert.equal(page.status, 500);
    assert.match(await page.text(), /This app fails here\./);
  });

  test('has its thread replaced where nobody catches what it throws', async () => {
    await using heddle = await spawnHeddle(START);
    await using connection = await RawConnection.open(heddle.url);
    connection.get('/uncaught');
    assert.equal(await connection.untilGone(), '');
    await heddle.waitForOutput(/server-0 died[\s\S]*Nobody catches this\./);
    assert.equal((await fetch(heddle.url)).status, 200);
  });

  test('hears that its client has left', async () => {
    await using heddle = await spawnHeddle(START);
    const connection = await RawConnection.open(heddle.url);
    connection.get('/left');
    await heddle.waitForOutput(/\/left has come/);
    await connection[Symbol.asyncDispose]();
    await heddle.waitForOutput(/\/left has left/);
    assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
    assert.equal(heddle.stderr, '');
  });
});

describe('the limits of a Node app', () => {
  test('a head that takes its time is a 408, one that is too large a 431', async () => {
    await using heddle = await spawnHeddle([...START, '--head-timeout', '300ms', '--max-head', '2000']);
    await using slow = await RawConnection.open(heddle.url);
    slow.send('GET / HTTP/1.1\r\nHost: h\r\n');
    assert.match(await slow.untilGone(), /^HTTP\/1\.1 408 /);
    await using large = await RawConnection.open(heddle.url);
    large.get('/', `X-Large: ${'x'.repeat(2100)}`);
    assert.match(await large.untilGone(), /^HTTP\/1\.1 431 /);
  });

  test('an idle connection ends behind --keep-alive, of which a second less is promised', async () => {
    await using heddle = await spawnHeddle([...START, '--keep-alive', '2s']);
    await using idle = await RawConnection.open(heddle.url);
    assert.equal((await idle.fetch('/')).headers.get('keep-alive'), 'timeout=1');
    assert.equal(await idle.untilGone(), '');
  });

  test('--request-timeout: a head that was made and not sent is late too; what comes behind it is dropped', async () => {
    await using heddle = await spawnHeddle([...START, '--request-timeout', '200ms']);
    await using connection = await RawConnection.open(heddle.url);
    const { status, headers, body } = await connection.fetch('/late');
    assert.deepEqual([status, headers.get('connection')], [503, 'close']);
    assert.equal(body, '503 Service Unavailable\n');
    assert.equal(await connection.untilEnd(), '');
    await heddle.waitForOutput(/\/late has been told/);
    assert.equal((await fetch(heddle.url)).status, 200);
    assert.match(
      heddle.stderr,
      /^\S+ warning server-0 GET \/late timed out: no answer after \d+ ms; answered 503\n$/,
    );
  });
});

describe('the end of a Node app', () => {
  test('the request in flight is answered and told to close; an idle connection still carries one', async () => {
    await using heddle = await spawnHeddle([APP, '--threads', '1', '--idle-grace', '10s']);
    await using waiting = await RawConnection.open(heddle.url);
    await using idle = await RawConnection.open(heddle.url);
    assert.equal((await idle.fetch('/')).status, 200);
    waiting.get('/wait');
    await heddle.waitForOutput(/\/wait has come/);
    process.kill(heddle.pid, 'SIGTERM');
    await untilRefused(heddle.url);
    const released = await idle.fetch('/release');
    assert.deepEqual([released.body, released.headers.get('connection')], ['released', 'close']);
    const waited = await waiting.reply();
    assert.deepEqual([waited.body, waited.headers.get('connection')], ['waited', 'close']);
    assert.equal(await waiting.untilEnd(), '');
    assert.deepEqual(await heddle.exited, { code: 0, signal: null }, heddle.stderr);
  });

  test('an event stream ends whole behind the grace, another endless answer is cut behind the drain', async () => {
    await using heddle = await spawnHeddle([...START, '--drain-timeout', '500ms']);
    await using events = await RawConnection.open(heddle.url);
    await using endless = await RawConnection.open(heddle.url);
    events.get('/endless', 'Accept: text/event-stream');
    endless.get('/endless');
    await events.until('first\n\n\r\n');
    await endless.until('first\n\n\r\n');
    process.kill(heddle.pid, 'SIGTERM');
    assert.equal(await events.untilEnd(), '0\r\n\r\n');
    assert.equal(await endless.untilGone(), '');
    assert.deepEqual(await heddle.exited, { code: 1, signal: null });
    assert.equal(heddle.stderr, 'heddle: cut GET /endless\n');
    assert.match(heddle.stdout, /\/endless was given up/);
  });

  test('a reload serves the new version', async () => {
    const app = moduleOf(`export default (req, res) => res.end('one');`);
    await using heddle = await spawnHeddle([app, '--threads', '2', '--idle-grace', '0']);
    assert.equal(await (await fetch(heddle.url)).text(), 'one');
    writeFileSync(app, `export default (req, res) => res.end('two');`);
    process.kill(heddle.pid, 'SIGHUP');
    await heddle.waitForOutput(/generation 2 serves/);
    await using connection = await RawConnection.open(heddle.url);
    assert.equal((await connection.fetch('/')).body, 'two');
  });
});

test('a folder beside a Node app is refused, with what to do', async () => {
  const app = moduleOf(
    `const folder = './'; export { folder as static }; export default (req, res) => res.end();`,
  );
  for (const args of [
    [app, '--port', '0'],
    ['check', app],
  ]) {
    const { stdout, stderr, code } = await runHeddle(args);
    assert.equal(code, 1);
    assert.match(stdout + stderr, /static .* cannot be served beside a Node app.*express\.static\(\)/);
  }
});

test('serve({ app }) runs one, on a Unix domain socket too', async () => {
  const socket = `${temporaryFolder()}/s`;
  const server = await serve({ app: APP, threads: 2, socket, idleGraceMs: 0 });
  await using connection = await RawConnection.open(server.url);
  assert.equal((await connection.fetch('/')).status, 200);
  assert.deepEqual((await server.close()).cut, []);
});

test('uploads of 200 MiB go to a file with at most 96 MiB of memory', {
  skip: existsSync('/proc/self/clear_refs')
    ? false
    : 'no /proc here that tells how much memory a process took',
}, async () => {
  const path = `${temporaryFolder({})}/upload`;
  await using heddle = await spawnHeddle(START, { env: { UPLOAD_TO: path } });
  const part = randomBytes(1_048_576);
  const upload = async (mebibytes: number): Promise<void> => {
    async function* parts(): AsyncGenerator<Uint8Array> {
      for (let count = 0; count < mebibytes; count += 1) yield part;
    }
    const init = { method: 'PUT', body: ReadableStream.from(parts()), duplex: 'half' } as RequestInit;
    assert.equal(await (await fetch(`${heddle.url}upload`, init)).text(), 'stored');
  };
  const memory = (name: string): number =>
    Number(
      new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(
        readFileSync(`/proc/${heddle.pid}/status`, 'utf8'),
      )?.[1],
    ) / 1024;
  await upload(8);
  const before = memory('VmRSS');
  writeFileSync(`/proc/${heddle.pid}/clear_refs`, '5');
  await upload(200);
  assert.equal(readFileSync(path).length, 200 * 1_048_576);
  assert.ok(memory('VmHWM') - before <= 96, `${memory('VmHWM') - before} MiB`);
});
