import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyMissing } from '../support/installed.ts';
import { spawnHeddle } from '../support/spawn-heddle.ts';

const APP = 'test/frameworks/apps/elysia.ts';

test('Elysia: export default { fetch: app.fetch }', {
  skip: whyMissing('frameworks', 'elysia'),
}, async () => {
  await using heddle = await spawnHeddle([APP, '-t', '2', '--idle-grace', '0']);
  const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`${heddle.url}${path}`, init);
  const post = (path: string, body: string): Promise<Response> =>
    get(path, { method: 'POST', body, headers: { 'content-type': 'application/json' } });

  const hello = await get('');
  assert.deepEqual([await hello.text(), hello.headers.get('x-middleware')], ['Hello', 'yes']);
  assert.deepEqual(await (await get('posts/42?q=a%26b')).json(), { id: '42', q: 'a&b' });
  const json = await post('json', '{"a":[1,"é"]}');
  assert.deepEqual([json.status, await json.json()], [201, { a: [1, 'é'] }]);
  assert.equal(await (await post('valid', '{"name":"Ada"}')).text(), 'Hello Ada');
  const refused = await post('valid', '{"age":36}');
  assert.deepEqual([refused.status, await refused.text()], [422, 'Not valid']);
  const cookie = await get('cookie');
  assert.equal(await cookie.text(), 'baked');
  assert.deepEqual(cookie.headers.getSetCookie(), ['a=1; Path=/', 'b=2; Path=/']);
  assert.equal(await (await get('stream')).text(), 'one two three');
  // Said in the log, and visible to the client: the standard's streams take no text (Fetch, 2.2.4).
  await assert.rejects((await get('text-stream')).text());
  await heddle.waitForOutput(/GET \/text-stream failed: [\s\S]*encode text with a TextEncoderStream/);
  const failed = await get('throw');
  assert.deepEqual([failed.status, await failed.text()], [500, 'Failed: out of order']);
  const missing = await get('missing');
  assert.deepEqual([missing.status, await missing.text()], [404, 'Nothing here']);
  assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
});
