import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { WebRequest } from '#fetch/web-request.ts';
import { bodyScript, runBodyScript } from '../support/body-script.ts';
import { type FakeRequestParts, fakeRequest } from '../support/fake-request.ts';
import { settled } from '../support/web-outcome.ts';

const OPTIONS = { maxBodyBytes: 100, fallbackAuthority: 'fallback.test:8080' };

function request(parts: FakeRequestParts = {}): WebRequest {
  return new WebRequest(fakeRequest(parts), OPTIONS);
}

function post(body: string | Uint8Array, fields: Record<string, string> = {}): WebRequest {
  return request({ method: 'POST', body, fields });
}

const content = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  fc.constantFrom('{"a":1}', '{bad', 'a=b&c=d', '\ufeff{}').map((text) => new TextEncoder().encode(text)),
);
const contentType = fc.constantFrom(
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'x',
);

test('whatever an app does to a request’s body comes to the same as with Node’s own class', async () => {
  await fc.assert(
    fc.asyncProperty(content, contentType, bodyScript, async (body, type, script) => {
      const headers = { 'content-type': type };
      const native = new Request('http://heddle.test/', { method: 'POST', headers, body });
      assert.deepEqual(await runBodyScript(post(body, headers), script), await runBodyScript(native, script));
    }),
    { numRuns: 1500 },
  );
});

test('a request for which nobody asks reads nothing of what came in', () => {
  const untouchable = new Proxy(fakeRequest(), {
    get: (_, name) => assert.fail(`read ${String(name)}`),
  });
  new WebRequest(untouchable, OPTIONS);
});

test('url is joined, never resolved: a path cannot change the host (RFC9110§7.1)', () => {
  const cases: [FakeRequestParts, string][] = [
    [{ path: '/a?b=c' }, 'http://heddle.test/a?b=c'],
    [{ path: '//evil.test/a', authority: 'heddle.test:8080' }, 'http://heddle.test:8080//evil.test/a'],
    [{ path: '/http://evil.test/' }, 'http://heddle.test/http://evil.test/'],
    [{ path: '/\\evil.test' }, 'http://heddle.test/\\evil.test'],
    [{ scheme: 'https', authority: '[::1]:7878' }, 'https://[::1]:7878/'],
  ];
  for (const [parts, url] of cases) {
    assert.equal(request(parts).url, url);
    assert.equal(new URL(url).host, parts.authority ?? 'heddle.test');
  }
});

test('url names the fallback authority where the client named none', () => {
  assert.equal(request({ authority: '', minorVersion: 0, path: '/a' }).url, 'http://fallback.test:8080/a');
});

test('the asterisk-form has no path in its URL (RFC9112§3.3)', () => {
  assert.equal(request({ method: 'OPTIONS', path: '*' }).url, 'http://heddle.test/');
});

test('the content of a GET or HEAD is not exposed (RFC9110§9.3.1)', async () => {
  for (const method of ['GET', 'HEAD']) {
    const withContent = request({ method, body: 'content' });
    assert.equal(withContent.body, null);
    assert.equal(await withContent.text(), '');
    assert.equal(withContent.bodyUsed, false);
  }
  assert.equal(await request({ method: 'DELETE', body: 'content' }).text(), 'content');
});

test('what a request does not have shows the standard’s defaults', () => {
  const ours = request();
  const native = new Request('http://heddle.test/');
  for (const name of Object.keys(Object.getOwnPropertyDescriptors(Request.prototype)) as (keyof Request)[]) {
    const value = native[name];
    if (typeof value !== 'object' && typeof value !== 'function') assert.equal(ours[name], value, name);
    assert.ok(name in ours, name);
  }
  assert.ok(ours instanceof Request);
  assert.match(inspect(ours), /^Request \{\s+method: 'GET'/);
});

test('content over the limit is refused by every reader, also where a stream was made or cloned before', async () => {
  const readers = ['text', 'json', 'arrayBuffer', 'bytes', 'blob', 'formData'] as const;
  const over = () => post(new Uint8Array(101));
  for (const reader of readers) {
    const expected = { code: 'ERR_HEDDLE_CONTENT_TOO_LARGE', status: 413 };
    await assert.rejects(over()[reader](), expected, reader);
    const looked = over();
    assert.ok(looked.body);
    await assert.rejects(looked[reader](), expected, reader);
    const cloned = over();
    const clone = cloned.clone();
    assert.deepEqual(
      (await Promise.allSettled([cloned[reader](), clone[reader]()])).map(({ status }) => status),
      ['rejected', 'rejected'],
    );
  }
  assert.equal((await post(new Uint8Array(100)).bytes()).length, 100);
});

test('a stream of content is not bounded', async () => {
  let length = 0;
  for await (const chunk of post(new Uint8Array(1000)).body ?? []) length += chunk.length;
  assert.equal(length, 1000);
});

test('the chunks of a stream are bytes as the standard has them, and no Buffer', async () => {
  const kinds = new Set<string>();
  for await (const chunk of post(Buffer.from('content')).body ?? []) kinds.add(chunk.constructor.name);
  assert.deepEqual([...kinds], ['Uint8Array']);
});

test('content that is read otherwise is not ended by the stream that was handed out', async () => {
  const first = post('content');
  const second = new Response(first.body);
  assert.equal(await first.text(), 'content');
  assert.equal(second.bodyUsed, true);
});

test('content is read on only when the app reads on, and cancelling ends it', async () => {
  const log: string[] = [];
  async function* chunks() {
    try {
      for (const part of ['a', 'b', 'c']) {
        log.push(part);
        yield Buffer.from(part);
      }
    } finally {
      log.push('end');
    }
  }
  const { body } = request({ method: 'POST', body: chunks() });
  const reader = body!.getReader();
  assert.deepEqual(log, []);
  await reader.read();
  assert.deepEqual(log, ['a']);
  await reader.cancel();
  assert.deepEqual(log, ['a', 'end']);
});

test('a request’s fields can be read one by one and as a whole, and be changed', () => {
  const fields = { Host: 'heddle.test', 'X-Several': ['a', 'b'], Cookie: ['a=1', 'b=2'], 'x-one': 'c' };
  const pairs = Object.entries(fields).flatMap(([name, values]) =>
    [values].flat().map((value) => [name, value]),
  );
  const native = () => new Headers(pairs as [string, string][]);
  const ours = () => request({ fields }).headers;
  for (const name of ['host', 'X-SEVERAL', 'cookie', 'Cookie', 'x-one', 'x-two']) {
    assert.equal(ours().get(name), native().get(name), name);
    assert.equal(ours().has(name), native().has(name), name);
  }
  assert.ok(ours() instanceof Headers);
  assert.deepEqual([...ours()], [...native()]);
  assert.deepEqual([...new Headers(ours())], [...native()]);
  assert.deepEqual([...ours().keys()], [...native().keys()]);
  assert.deepEqual([...ours().values()], [...native().values()]);
  assert.deepEqual(ours().getSetCookie(), []);
  assert.equal(inspect(ours()), inspect(native()));
  assert.throws(() => ours().get('a b'), TypeError);
  assert.throws(() => ours().has(''), TypeError);
  const seen: string[] = [];
  ours().forEach((value, name) => {
    seen.push(name, value);
  });
  assert.deepEqual(seen, [...native()].flat());
  const changed = ours();
  changed.append('x-one', 'd');
  changed.set('x-two', 'e');
  changed.delete('host');
  assert.deepEqual(
    [changed.get('x-one'), changed.get('x-two'), changed.has('host'), changed.get('cookie')],
    ['c, d', 'e', false, 'a=1; b=2'],
  );
});

test('a clone has the same content, and fields of its own', async () => {
  const first = post('content', { 'x-a': '1' });
  first.headers.set('x-a', '2');
  const second = first.clone();
  first.headers.set('x-a', '3');
  assert.equal(second.headers.get('x-a'), '2');
  assert.deepEqual(await Promise.all([first.text(), second.text()]), ['content', 'content']);
  assert.throws(() => first.clone(), TypeError);
});

test('the signal is aborted when the exchange ends early, whenever it is asked for', () => {
  const incoming = fakeRequest();
  const web = new WebRequest(incoming, OPTIONS);
  const { signal } = web;
  assert.equal(signal.aborted, false);
  const reason = new Error('the client left');
  incoming.abort(reason);
  assert.equal(signal.reason, reason);
  assert.equal(web.signal, signal);
  assert.equal(new WebRequest(incoming, OPTIONS).signal.aborted, true);
  assert.equal(web.clone().signal.reason, reason);
});

test('content that breaks off rejects its reader', async () => {
  const failure = new Error('broken off');
  async function* chunks() {
    yield Buffer.from('a');
    throw failure;
  }
  await assert.rejects(request({ method: 'POST', body: chunks() }).text(), failure);
  const streamed = request({ method: 'POST', body: chunks() });
  await assert.rejects(new Response(streamed.body).text(), failure);
  assert.deepEqual(await settled(() => streamed.text()), { error: 'TypeError' });
});
