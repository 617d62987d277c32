import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { createFetchHandler } from '#fetch/fetch-handler.ts';
import { installWebGlobals } from '#fetch/web-globals.ts';
import { WebRequest } from '#fetch/web-request.ts';
import { isWebResponse } from '#fetch/web-response.ts';
import { fakeRequest } from '../support/fake-request.ts';

const Native = { Request: globalThis.Request, Response: globalThis.Response, fetch: globalThis.fetch };
type HeadersGiven = NonNullable<RequestInit['headers']>;

const OPTIONS = { maxBodyBytes: 1000, fallbackAuthority: 'localhost' };
let uninstall: () => void;

/** Answers with what it was sent. */
const echo = createServer((request, response) => {
  response.setHeader('x-method', request.method ?? '');
  response.setHeader('x-seen', request.headers['x-a'] ?? '');
  request.pipe(response);
});

before(async () => {
  uninstall = installWebGlobals();
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
});
after(() => {
  uninstall();
  assert.deepEqual(
    { Request: globalThis.Request, Response: globalThis.Response, fetch: globalThis.fetch },
    Native,
  );
  echo.close();
});

function incoming(body = 'content') {
  const { port } = echo.address() as AddressInfo;
  const parts = { method: 'POST', path: '/a', authority: `127.0.0.1:${port}`, fields: { 'x-a': '1' }, body };
  return new WebRequest(fakeRequest(parts), OPTIONS);
}

test('new Response is ours', () => {
  assert.ok(isWebResponse(new Response('a')));
  assert.ok(isWebResponse(Response.json({})));
  assert.equal(Response.name, 'Response');
});

test('what Node’s classes make is an instance of the globals, and the other way round', () => {
  assert.ok(new Native.Response() instanceof Response);
  assert.ok(new Response() instanceof Native.Response);
  assert.ok(new Native.Request('http://heddle.test/') instanceof Request);
  assert.ok(new Request('http://heddle.test/') instanceof Native.Request);
  assert.ok(incoming() instanceof Request);
  assert.ok(incoming() instanceof Native.Request);
  assert.ok(!({} instanceof Request));
  class Special extends Request {}
  assert.ok(new Special('http://heddle.test/') instanceof Special);
  assert.ok(!(incoming() instanceof Special));
});

test('what an app adds to Request.prototype is there on every request, and each has the global for its constructor', () => {
  Object.defineProperty(Request.prototype, 'added', { value: 'here', configurable: true });
  try {
    for (const request of [incoming(), new Request('http://heddle.test/'), new Request(incoming()).clone()]) {
      assert.equal(Reflect.get(request, 'added'), 'here');
      assert.equal(request.constructor, Request);
      assert.ok(Object.prototype.isPrototypeOf.call(Request.prototype, request));
    }
  } finally {
    Reflect.deleteProperty(Request.prototype, 'added');
  }
  for (const response of [new Response(), Response.error(), Response.redirect('http://heddle.test/')])
    assert.equal(response.constructor, Response);
  const Class = incoming().constructor as typeof Request;
  assert.equal(new Class('http://heddle.test/a').url, 'http://heddle.test/a');
});

test('the classes have the length, the name and the functions of Node’s own', () => {
  assert.deepEqual(
    [Request.length, Request.name, Response.length, Response.name],
    [Native.Request.length, 'Request', Native.Response.length, 'Response'],
  );
  assert.deepEqual(Object.keys(Response).sort(), Object.keys(Native.Response).sort());
  assert.equal(Request.prototype, Native.Request.prototype);
  for (const Class of [Request, Response])
    assert.throws(() => (Class as unknown as (url: string) => unknown)('http://heddle.test/'), TypeError);
});

test('what is installed twice stays until both are done; what somebody else put there stays for good', () => {
  const installed = { Request, Response, fetch };
  const first = installWebGlobals();
  const second = installWebGlobals();
  assert.equal(globalThis.fetch, installed.fetch);
  first();
  first();
  assert.equal(globalThis.Response, installed.Response);
  second();
  assert.equal(globalThis.Response, installed.Response);
  uninstall();
  const again = installWebGlobals();
  const mocked = async () => new Response('mocked');
  globalThis.fetch = mocked as typeof fetch;
  again();
  assert.equal(globalThis.fetch, mocked);
  assert.equal(globalThis.Response, Native.Response);
  globalThis.fetch = Native.fetch;
  uninstall = installWebGlobals();
});

test('a stand-in for fetch that was there before is called as it was, and may give anything', async () => {
  uninstall();
  const calls: unknown[][] = [];
  globalThis.fetch = (async (...args: unknown[]) => {
    calls.push(args);
    return { ok: true };
  }) as unknown as typeof fetch;
  const again = installWebGlobals();
  const init = { method: 'POST', headers: { 'x-a': '1' }, body: 'content' };
  assert.deepEqual(await fetch('http://heddle.test/', init), { ok: true });
  assert.equal(calls[0]?.[1], init);
  for (const headers of [
    { 'Transfer-Encoding': 'chunked' },
    [['Keep-Alive', '5']],
    new Headers({ expect: '100-continue' }),
    new Map([['upgrade', 'h2c']]),
    { 'content-length': '3' },
  ] as HeadersGiven[]) {
    await fetch('http://heddle.test/', { ...init, headers });
    const request = calls.at(-1)?.[0];
    assert.ok(request instanceof Request);
    assert.deepEqual([...request.headers], [['content-type', 'text/plain;charset=UTF-8']]);
  }
  again();
  globalThis.fetch = Native.fetch;
  uninstall = installWebGlobals();
});

test('new Request takes a request that came in, with its content', async () => {
  const first = incoming();
  const second = new Request(first);
  assert.equal(second.method, 'POST');
  assert.equal(second.url, first.url);
  assert.equal(second.headers.get('x-a'), '1');
  assert.equal(await second.text(), 'content');
  assert.equal(first.bodyUsed, true);
  assert.throws(() => new Request(first), TypeError);
});

test('new Request takes a request that came in and changes to it', async () => {
  const changed = new Request(incoming(), { method: 'PUT', headers: { 'x-a': '2' }, body: 'other' });
  assert.equal(changed.method, 'PUT');
  assert.equal(changed.headers.get('x-a'), '2');
  assert.equal(await changed.text(), 'other');
});

test('new Request takes a URL and a request that came in as its init', async () => {
  const moved = new Request('http://heddle.test/b', incoming());
  assert.equal(moved.url, 'http://heddle.test/b');
  assert.equal(moved.method, 'POST');
  assert.equal(moved.headers.get('x-a'), '1');
  assert.equal(await moved.text(), 'content');
});

test('new Request without a request that came in is Node’s own', () => {
  assert.throws(() => new Request('/relative'), TypeError);
  assert.throws(() => new (Request as unknown as new () => Request)(), TypeError);
  assert.equal(new Request(new URL('http://heddle.test/'), { method: 'post' }).method, 'POST');
});

test('fetch sends a request that came in, with its content and fields', async () => {
  const response = await fetch(incoming());
  assert.ok(response instanceof Response);
  assert.deepEqual([response.headers.get('x-method'), response.headers.get('x-seen')], ['POST', '1']);
  assert.equal(await response.text(), 'content');
});

test('fetch of a request whose content was used rejects, and does not throw', async () => {
  const used = incoming();
  await used.text();
  let promise: Promise<Response> | undefined;
  assert.doesNotThrow(() => {
    promise = fetch(used);
  });
  await assert.rejects(promise!, TypeError);
});

test('a handler passes on what fetch gave', async () => {
  const app = { fetch: (request: Request) => fetch(request) };
  const handler = createFetchHandler(app, { context: () => undefined, onError: assert.fail });
  const { port } = echo.address() as AddressInfo;
  const request = fakeRequest({ method: 'POST', authority: `127.0.0.1:${port}`, body: 'through' });
  const reply = await handler(request);
  assert.ok(reply !== undefined && 'body' in reply);
  assert.equal(await new Response(reply.body as AsyncIterable<Uint8Array>).text(), 'through');
});
