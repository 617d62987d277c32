import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyMissing } from '../support/installed.ts';
import { spawnHeddle } from '../support/spawn-heddle.ts';

const APP = 'test/frameworks/apps/itty-router.ts';

test('itty-router: export default { ...router }', {
  skip: whyMissing('frameworks', 'itty-router'),
}, async () => {
  await using heddle = await spawnHeddle([APP, '-t', '2', '--idle-grace', '0']);
  const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`${heddle.url}${path}`, init);

  const hello = await get('');
  assert.deepEqual([await hello.text(), hello.headers.get('x-middleware')], ['Hello', '200']);
  assert.deepEqual(await (await get('posts/42?q=a%26b')).json(), { id: '42', q: 'a&b' });
  const { thread, ip } = (await (await get('env')).json()) as Record<string, unknown>;
  assert.deepEqual([typeof thread, ip], ['number', '127.0.0.1']);
  const cookie = await get('cookie', { headers: { cookie: 'other=x; seen=yes' } });
  assert.deepEqual([await cookie.text(), cookie.headers.getSetCookie()], ['yes', ['a=1']]);
  const json = await get('json', { method: 'POST', body: '{"a":[1,"é"]}' });
  assert.deepEqual([json.status, await json.json()], [201, { a: [1, 'é'] }]);
  const failed = await get('throw');
  assert.deepEqual([failed.status, await failed.json()], [418, { status: 418, error: 'Teapot' }]);
  const missing = await get('missing/page');
  assert.deepEqual([missing.status, await missing.json()], [404, { status: 404, error: 'No /missing/page' }]);
  assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
});
