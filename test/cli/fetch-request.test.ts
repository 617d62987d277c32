import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AskedRequest, type FetchRequest, readFetchRequest } from '#cli/fetch-request.ts';

async function* noInput(): AsyncGenerator<Uint8Array> {}

function requestFor(asked: Partial<AskedRequest>): Promise<FetchRequest> {
  return readFetchRequest(
    { path: '/', method: undefined, headers: [], data: [], ...asked },
    '1.2.3',
    noInput(),
  );
}

describe('the target of a request', () => {
  const targets: readonly (readonly [path: string, target: string, host: string])[] = [
    ['/a/b?c=d', '/a/b?c=d', 'localhost'],
    ['a/b', '/a/b', 'localhost'],
    ['', '/', 'localhost'],
    ['?q', '/?q', 'localhost'],
    ['/a#fragment', '/a', 'localhost'],
    ['/a b/é/%20', '/a%20b/%C3%A9/%20', 'localhost'],
    ['/a\r\nHost: evil', '/a%0D%0AHost:%20evil', 'localhost'],
    ['/../%2e%2e/x', '/../%2e%2e/x', 'localhost'],
    ["/!#$%&'()*+,-./:;=?@[]_~azAZ09".replace('#', ''), "/!$%&'()*+,-./:;=?@[]_~azAZ09", 'localhost'],
    ['/"<>\\^`{|}', '/%22%3C%3E%5C%5E%60%7B%7C%7D', 'localhost'],
    ['//host/x', '//host/x', 'localhost'],
    ['http://example.com', '/', 'example.com'],
    ['HTTPS://example.com:8443/a?b#c', '/a?b', 'example.com:8443'],
    ['http://[::1]:80?q', '/?q', '[::1]:80'],
    ['/\ud800', '/%EF%BF%BD', 'localhost'],
  ];
  for (const [path, target, host] of targets) {
    test(`is ${target} of ${host} for ${JSON.stringify(path)}`, async () => {
      const request = await requestFor({ path });
      assert.equal(request.target, target);
      assert.deepEqual(request.fields.slice(0, 2), ['host', host]);
    });
  }

  for (const path of [
    'http://',
    'http:///x',
    'http://a b/',
    'http://a\r\nX: y/',
    'https://me:pw@host/',
    'http://h:x/',
  ]) {
    test(`cannot be had from ${JSON.stringify(path)}`, async () => {
      await assert.rejects(requestFor({ path }), { code: 'ERR_HEDDLE_USAGE', message: /has no host/ });
    });
  }

  test('may be * for OPTIONS', async () => {
    assert.equal((await requestFor({ path: '*', method: 'OPTIONS' })).target, '*');
    assert.equal((await requestFor({ path: '*' })).target, '/*');
  });
});

describe('the fields of a request', () => {
  test('are few, and those of the user replace them or leave them out', async () => {
    const own = ['host', 'localhost', 'user-agent', 'heddle/1.2.3', 'accept', '*/*'];
    assert.deepEqual((await requestFor({})).fields, own);
    const { fields } = await requestFor({
      headers: ['Accept: a/b', 'USER-AGENT:', 'x-empty;', 'x: 1', 'x: 2'],
    });
    assert.deepEqual(fields, ['host', 'localhost', 'Accept', 'a/b', 'x-empty', '', 'x', '1', 'x', '2']);
  });

  test('frame the content, in chunks where the user says so', async () => {
    const { method, fields, content } = await requestFor({ data: ['a=ü', 'b'] });
    assert.equal(method, 'POST');
    assert.equal(Buffer.from(content ?? []).toString(), 'a=ü&b');
    assert.ok(fields.join().includes('content-length,6'));
    const chunked = await requestFor({ data: ['a'], headers: ['Transfer-Encoding: chunked'] });
    assert.ok(!chunked.fields.includes('content-length'));
  });

  for (const line of ['no colon', ': nameless', 'a b: c', 'x; y', 'x: a\nb: c', 'x: a\0', 'x\r\ny: z']) {
    test(`cannot be ${JSON.stringify(line)}`, async () => {
      await assert.rejects(requestFor({ headers: [line] }), { code: 'ERR_HEDDLE_USAGE', message: /^-H / });
    });
  }
});

test('a method is a token, and no tunnel is made', async () => {
  for (const method of ['', 'GET /', 'A\r\nB', 'CONNECT'])
    await assert.rejects(requestFor({ method }), { code: 'ERR_HEDDLE_USAGE' });
  assert.equal((await requestFor({ method: 'purge' })).method, 'purge');
});
