import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { whyMissing } from '../support/installed.ts';
import { runHeddle } from '../support/spawn-heddle.ts';
import { RawConnection } from '../system/raw-connection.ts';
import { serveInSuite } from './served-app.ts';

const APP = 'test/frameworks/apps/koa.ts';

suite('Koa: export default app', { skip: whyMissing('frameworks', 'koa') }, () => {
  const served = serveInSuite(APP);
  const { get } = served;

  test('middleware answers, and adds fields', async () => {
    const reply = await get('');
    assert.deepEqual([await reply.text(), reply.headers.get('x-middleware')], ['Hello', 'GET 200']);
    assert.deepEqual(await (await get('posts?q=a%26b')).json(), { q: 'a&b' });
  });

  test('reads and answers JSON', async () => {
    const reply = await get('json', { method: 'POST', body: '{"a":[1,"é"]}' });
    assert.deepEqual([reply.status, await reply.json()], [201, { a: [1, 'é'] }]);
  });

  test('an error in a handler is answered by Koa, and told to it', async () => {
    const reply = await get('throw');
    assert.deepEqual([reply.status, await reply.text()], [500, 'Internal Server Error']);
    await served.heddle.waitForOutput(/error: out of order/);
  });

  test('streams; what nothing answers is a 404', async () => {
    assert.equal(await (await get('stream')).text(), 'one two three');
    const missing = await get('missing');
    assert.deepEqual([missing.status, await missing.text()], [404, 'Not Found']);
  });

  test('keeps a connection, and both threads answer', async () => {
    const threads = new Set<string>();
    while (threads.size < 2) {
      await using connection = await RawConnection.open(served.heddle.url);
      const [first, second] = [await connection.fetch('/thread'), await connection.fetch('/thread')];
      assert.equal(first.body, second.body);
      threads.add(first.body);
    }
  });

  test('a shutdown loses nothing; heddle fetch and heddle check know the app', async () => {
    assert.deepEqual(await served.heddle.stop(), { code: 0, signal: null }, served.heddle.stderr);
    const fetched = await runHeddle(['fetch', APP, '/posts?q=x']);
    assert.deepEqual([fetched.stdout, fetched.code], ['{"q":"x"}', 0], fetched.stderr);
    const checked = await runHeddle(['check', APP]);
    assert.match(checked.stdout, /^ok +handler +default, a Koa app$/m);
  });
});
