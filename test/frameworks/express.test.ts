import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { whyMissing } from '../support/installed.ts';
import { runHeddle, spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { RawConnection } from '../system/raw-connection.ts';
import { assertShutdownEndsEvents, serveInSuite } from './served-app.ts';

const APP = 'test/frameworks/apps/express.ts';
const skip = whyMissing('frameworks', 'express');

suite('Express: export default app', { skip }, () => {
  const path = `${temporaryFolder({})}/upload`;
  const served = serveInSuite(APP, { env: { UPLOAD_TO: path } });
  const { get } = served;

  test('routes with parameters, queries and middleware', async () => {
    const reply = await get('');
    assert.deepEqual([await reply.text(), reply.headers.get('x-middleware')], ['Hello', 'yes']);
    assert.deepEqual(await (await get('posts/4%202?q=a%26b')).json(), { id: '4 2', q: 'a&b' });
    assert.equal(await (await get('nested/deep')).text(), '/nested /nested/deep');
  });

  test('reads and answers JSON, and refuses what is none', async () => {
    const headers = { 'content-type': 'application/json' };
    const reply = await get('json', { method: 'POST', body: '{"a":[1,"é"]}', headers });
    assert.deepEqual([reply.status, await reply.json()], [201, { a: [1, 'é'] }]);
    const refused = await get('json', { method: 'POST', body: '{', headers });
    assert.equal(refused.status, 400);
    await refused.body?.cancel();
  });

  test('an error in a handler is answered by Express', async () => {
    for (const target of ['throw', 'reject']) {
      const reply = await get(target);
      assert.equal(reply.status, 500);
      assert.doesNotMatch(await reply.text(), /out of order/);
    }
  });

  test('streams, and serves files beside', async () => {
    const reply = await get('stream');
    assert.equal(reply.headers.get('transfer-encoding'), 'chunked');
    assert.equal(await reply.text(), 'one two three');
    assert.equal(await (await get('static/express.ts')).text(), readFileSync(APP, 'utf8'));
  });

  test('what no route answers is a 404', async () => {
    const reply = await get('missing');
    assert.deepEqual([reply.status, /Cannot GET \/missing/.test(await reply.text())], [404, true]);
  });

  test('answers many requests on one connection, pipelined ones in order, and a HEAD', async () => {
    await using connection = await RawConnection.open(served.heddle.url);
    for (let count = 0; count < 3; count += 1) assert.equal((await connection.fetch('/')).body, 'Hello');
    for (const target of ['/slow', '/', '/posts/1']) connection.get(target);
    assert.equal((await connection.reply()).body, 'slow');
    assert.equal((await connection.reply()).body, 'Hello');
    assert.equal((await connection.reply()).body, '{"id":"1"}');
    connection.send('HEAD / HTTP/1.1\r\nHost: h\r\n\r\n');
    assert.equal((await connection.reply({ isHead: true })).headers.get('content-length'), '5');
  });

  test('both threads answer', async () => {
    const threads = new Set<string>();
    while (threads.size < 2) {
      await using connection = await RawConnection.open(served.heddle.url);
      threads.add((await connection.fetch('/thread')).body);
    }
  });

  test('an upload goes to a file as it comes', async () => {
    const body = randomBytes(8 * 1_048_576);
    const reply = await get('upload', { method: 'PUT', body });
    assert.equal(await reply.text(), 'stored');
    const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
    assert.equal(digest(readFileSync(path)), digest(body));
  });

  test('a shutdown ends an event stream that knows nothing of it, and runs the exported close()', async () => {
    await assertShutdownEndsEvents(served);
    assert.equal(served.heddle.stdout.match(/^closed$/gm)?.length, 2);
  });
});

suite('Express under heddle', { skip }, () => {
  test('heddle fetch and heddle check know it', async () => {
    const fetched = await runHeddle(['fetch', APP, '/posts/7?q=x']);
    assert.deepEqual([fetched.stdout, fetched.code], ['{"id":"7","q":"x"}', 0], fetched.stderr);
    const failed = await runHeddle(['fetch', APP, '/missing']);
    assert.equal(failed.code, 22);
    const checked = await runHeddle(['check', APP]);
    assert.match(checked.stdout, /^ok +handler +default, a function of 3 parameters: \(req, res\)$/m);
    assert.equal(checked.code, 0, checked.stdout);
  });

  test('--request-timeout: 503, and the request behind it on another connection', async () => {
    await using heddle = await spawnHeddle([APP, '-t', '1', '--request-timeout', '200ms']);
    await using connection = await RawConnection.open(heddle.url);
    const { status, headers } = await connection.fetch('/never');
    assert.deepEqual([status, headers.get('connection')], [503, 'close']);
    assert.equal(await connection.untilEnd(), '');
    await heddle.waitForOutput(
      /warning server-0 GET \/never timed out: no answer after \d+ ms; answered 503/,
    );
    assert.equal(await (await fetch(heddle.url)).text(), 'Hello');
  });

  test('a hang in a handler: the log names request and stack, the client gets a 503, others are served', async () => {
    await using heddle = await spawnHeddle([APP, '-t', '2', '--hang-timeout', '600ms']);
    await using connection = await RawConnection.open(heddle.url);
    const hangs = (await connection.fetch('/thread')).body;
    // One of the same thread would end with it where this Node cannot move connections.
    await using elsewhere = await openElsewhere(heddle.url, hangs);
    connection.get('/hang');
    assert.equal((await connection.reply()).status, 503);
    const log = await heddle.waitForOutput(/hangs since[\s\S]*clients of server-\d: .*1 answered with 503/);
    assert.match(log, /request: GET \/hang \(for [\d.]+ s\)\n\s+at .*express\.ts:\d+/);
    assert.equal((await elsewhere.fetch('/')).body, 'Hello');
    assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
  });

  test('--max-requests: exactly so many are answered, then it ends', async () => {
    await using heddle = await spawnHeddle([APP, '-t', '2', '--max-requests', '5', '--idle-grace', '0']);
    await using first = await RawConnection.open(heddle.url);
    await using second = await RawConnection.open(heddle.url);
    for (let count = 0; count < 4; count += 1) first.get('/slow');
    for (let count = 0; count < 4; count += 1) second.get('/slow');
    const answers = await Promise.all([first, second].map((connection) => connection.untilGone()));
    assert.equal(answers.join('').match(/HTTP\/1\.1 200 OK/g)?.length, 5);
    assert.deepEqual(await heddle.exited, { code: 0, signal: null }, heddle.stderr);
  });
});

/** A connection that another thread than this has answered. */
async function openElsewhere(url: string, than: string): Promise<RawConnection> {
  for (;;) {
    const connection = await RawConnection.open(url);
    if ((await connection.fetch('/thread')).body !== than) return connection;
    await connection[Symbol.asyncDispose]();
  }
}
