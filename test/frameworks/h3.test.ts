import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { whyMissing } from '../support/installed.ts';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { assertShutdownEndsEvents, serveInSuite } from './served-app.ts';

const APP = 'test/frameworks/apps/h3.ts';

suite('H3 2: export default app', { skip: whyMissing('frameworks', 'h3') }, () => {
  const served = serveInSuite(APP);
  const { get } = served;

  test('routes with parameters and queries, behind middleware', async () => {
    const reply = await get('posts/42?q=a%26b');
    assert.equal(reply.headers.get('x-middleware'), '/posts/42');
    assert.deepEqual(await reply.json(), { id: '42', q: 'a&b' });
    assert.equal(await (await get('')).text(), 'Hello');
  });

  test('reads and answers JSON, with a status of its own', async () => {
    const reply = await get('json', { method: 'POST', body: '{"a":[1,"é"]}' });
    assert.equal(reply.status, 201);
    assert.deepEqual(await reply.json(), { a: [1, 'é'] });
  });

  test('sets several cookies, and redirects', async () => {
    assert.deepEqual((await get('cookie')).headers.getSetCookie(), ['a=1; Path=/', 'b=2; Path=/']);
    const reply = await get('old', { redirect: 'manual' });
    assert.deepEqual([reply.status, reply.headers.get('location')], [301, '/new']);
  });

  test('streams', async () => assert.equal(await (await get('stream')).text(), 'one two three'));

  test('answers an error with its status, and what it does not know with 404', async () => {
    assert.equal((await get('throw')).status, 418);
    assert.equal((await get('missing')).status, 404);
  });

  test('an event stream ends at a shutdown that the app knows nothing of, and the exit is 0', async () => {
    await assertShutdownEndsEvents(served);
  });
});

test('H3 2 finds waitUntil() and the address of the client on the request, where a wrapper puts them', {
  skip: whyMissing('frameworks', 'h3'),
}, async () => {
  await using heddle = await spawnHeddle([
    'test/frameworks/apps/h3-wrapped.ts',
    '-t',
    '2',
    '--idle-grace',
    '0',
  ]);
  const reply = await fetch(`${heddle.url}later`);
  assert.equal(await reply.text(), 'soon, 127.0.0.1');
  assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
  assert.match(heddle.stdout, /the work is done/);
});
