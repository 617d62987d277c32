import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { whyMissing } from '../support/installed.ts';
import { runHeddle } from '../support/spawn-heddle.ts';
import { RawConnection } from '../system/raw-connection.ts';
import { serveInSuite } from './served-app.ts';

const APP = 'test/frameworks/apps/fastify.ts';
const skip = whyMissing('frameworks', 'fastify');

suite('Fastify: export default app', { skip }, () => {
  const served = serveInSuite(APP);
  const { get } = served;

  test('is made ready before it is asked: plugins, too', async () => {
    assert.equal(served.heddle.stdout.match(/^ready$/gm)?.length, 2);
    assert.equal(await (await get('plugin')).text(), 'of a plugin');
  });

  test('routes with parameters and queries', async () => {
    assert.equal(await (await get('')).text(), 'Hello');
    assert.deepEqual(await (await get('posts/4%202?q=a%26b')).json(), { id: '4 2', q: 'a&b' });
  });

  test('reads, validates and answers JSON', async () => {
    const headers = { 'content-type': 'application/json' };
    const reply = await get('json', { method: 'POST', body: '{"a":[1,"é"]}', headers });
    assert.deepEqual([reply.status, await reply.json()], [201, { a: [1, 'é'] }]);
    const refused = await get('json', { method: 'POST', body: '{"b":1}', headers });
    assert.deepEqual(
      [refused.status, ((await refused.json()) as { code: string }).code],
      [400, 'FST_ERR_VALIDATION'],
    );
  });

  test('an error in a handler is answered by Fastify, and what no route answers', async () => {
    const failed = await get('throw');
    assert.deepEqual(
      [failed.status, await failed.json()],
      [500, { statusCode: 500, error: 'Internal Server Error', message: 'out of order' }],
    );
    const missing = await get('missing');
    assert.deepEqual(
      [missing.status, ((await missing.json()) as { error: string }).error],
      [404, 'Not Found'],
    );
  });

  test('streams, and answers with a Response', async () => {
    assert.equal(await (await get('stream')).text(), 'one two three');
    const reply = await get('response');
    assert.deepEqual([await reply.text(), reply.headers.get('x-from')], ['of a Response', 'web']);
  });

  test('keeps a connection, with its own time for that', async () => {
    await using connection = await RawConnection.open(served.heddle.url);
    const first = await connection.fetch('/');
    assert.deepEqual([first.body, first.headers.get('keep-alive')], ['Hello', 'timeout=72']);
    assert.equal((await connection.fetch('/posts/1')).body, '{"id":"1"}');
  });

  test('both threads answer', async () => {
    const threads = new Set<string>();
    while (threads.size < 2) {
      await using connection = await RawConnection.open(served.heddle.url);
      threads.add((await connection.fetch('/thread')).body);
    }
  });

  test('its server upgrades connections, with the bytes that came behind the head', async () => {
    await using connection = await RawConnection.open(served.heddle.url);
    connection.send('GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nat once\n');
    assert.match(await connection.until('\r\n\r\n'), /^HTTP\/1\.1 101 /);
    assert.equal(await connection.until('\n'), 'at once\n');
    connection.send('later\n');
    assert.equal(await connection.until('\n'), 'later\n');
  });

  test('is closed at a shutdown: its hooks run', async () => {
    assert.deepEqual(await served.heddle.stop(), { code: 0, signal: null }, served.heddle.stderr);
    assert.equal(served.heddle.stdout.match(/^closed$/gm)?.length, 2);
    assert.equal(served.heddle.stderr, '');
  });
});

suite('Fastify under the other commands', { skip }, () => {
  test('heddle fetch and heddle check know it', async () => {
    const fetched = await runHeddle(['fetch', APP, '/plugin']);
    assert.deepEqual([fetched.stdout, fetched.code], ['of a plugin', 0], fetched.stderr);
    const checked = await runHeddle(['check', APP]);
    assert.match(checked.stdout, /^ok +handler +default, a Fastify instance$/m);
    assert.equal(checked.code, 0, checked.stdout);
  });
});
