import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { whyMissing } from '../support/installed.ts';
import { serveInSuite } from './served-app.ts';

const APP = 'test/frameworks/apps/hono.ts';

suite('Hono: export default app', { skip: whyMissing('frameworks', 'hono') }, () => {
  const served = serveInSuite(APP);
  const { get } = served;
  const post = (path: string, body: NonNullable<RequestInit['body']>, type?: string): Promise<Response> =>
    get(path, { method: 'POST', body, ...(type === undefined ? {} : { headers: { 'content-type': type } }) });

  test('routes with parameters and queries', async () => {
    assert.equal(await (await get('')).text(), 'Hello');
    assert.deepEqual(await (await get('posts/4%202?q=a%26b')).json(), { id: '4 2', q: 'a&b' });
  });

  test('middleware adds fields, and may read an answer and give another', async () => {
    const reply = await get('upper/word');
    assert.equal(await reply.text(), 'WORD');
    assert.equal(reply.headers.get('x-middleware'), 'GET 200');
  });

  test('c.env is the context of heddle', async () => {
    const { thread, ip, home } = (await (await get('env')).json()) as Record<string, unknown>;
    assert.ok(thread === 0 || thread === 1, `${thread}`);
    assert.deepEqual([ip, home], ['127.0.0.1', 'string']);
  });

  test('streams text', async () => {
    const reply = await get('stream');
    assert.equal(reply.headers.get('content-length'), null);
    assert.equal(await reply.text(), 'one two three');
  });

  test('reads cookies and sets several', async () => {
    const reply = await get('cookie', { headers: { cookie: 'other=x; seen=yes' } });
    assert.equal(await reply.text(), 'yes');
    assert.deepEqual(reply.headers.getSetCookie(), ['a=1; Path=/; HttpOnly', 'b=2; Path=/']);
  });

  test('a validator reads a form of either kind, and refuses', async () => {
    const form = new FormData();
    form.set('name', 'Ada');
    assert.equal(await (await post('form', form)).text(), 'Hello Ada');
    assert.equal(await (await post('form', new URLSearchParams('name=Ada'))).text(), 'Hello Ada');
    const refused = await post('form', new URLSearchParams('age=36'));
    assert.deepEqual([refused.status, await refused.text()], [400, 'No name']);
  });

  test('reads and answers JSON', async () => {
    const reply = await post('json', '{"a":[1,"é"]}', 'application/json');
    assert.equal(reply.status, 201);
    assert.deepEqual(await reply.json(), { a: [1, 'é'] });
  });

  test('notFound and onError answer', async () => {
    const missing = await get('missing');
    assert.deepEqual([missing.status, await missing.text()], [404, 'No /missing']);
    const failed = await get('throw');
    assert.deepEqual([failed.status, await failed.text()], [500, 'Failed: out of order']);
    const forbidden = await get('forbidden');
    assert.deepEqual([forbidden.status, await forbidden.text()], [403, 'not you']);
  });

  test('content over the limit reaches onError with its own answer, 413 (RFC9110§15.5.14)', async () => {
    const reply = await post('json', 'x'.repeat(10_485_761), 'text/plain');
    assert.deepEqual([reply.status, await reply.text()], [413, '413 Content Too Large\n']);
  });

  test('HEAD has the head of GET', async () => {
    const reply = await get('posts/1', { method: 'HEAD' });
    assert.deepEqual([reply.status, reply.headers.get('content-type')], [200, 'application/json']);
    assert.equal(await reply.text(), '');
  });

  test('a shutdown ends an event stream that knows nothing of it, and waits for c.executionCtx.waitUntil()', async () => {
    const reply = await get('events');
    const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader();
    assert.match((await reader.read()).value ?? '', /^data: tick\nid: 1\n\n/);
    assert.equal(await (await get('later')).text(), 'soon');
    const { heddle } = served;
    process.kill(heddle.pid, 'SIGTERM');
    // A reader of content that broke off would reject.
    for (let done = false; !done; ) done = (await reader.read()).done;
    assert.deepEqual(await heddle.exited, { code: 0, signal: null }, heddle.stderr);
    assert.match(heddle.stdout, /the stream was given up/);
    assert.match(heddle.stdout, /the work is done/);
    assert.equal(heddle.stderr, '');
  });
});
