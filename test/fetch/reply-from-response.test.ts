import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Reply } from '#exchange/reply.ts';
import { replyFromResponse } from '#fetch/reply-from-response.ts';
import { WebRequest } from '#fetch/web-request.ts';
import { WebResponse } from '#fetch/web-response.ts';
import { fakeRequest } from '../support/fake-request.ts';

const NativeResponse = globalThis.Response;
const TEXT = ['content-type', 'text/plain;charset=UTF-8'];

async function contentOf(reply: Reply): Promise<string> {
  const { body } = reply;
  if (body === undefined || typeof body === 'string') return body ?? '';
  if (body instanceof Uint8Array) return new TextDecoder().decode(body);
  assert.ok(Symbol.asyncIterator in body);
  let text = '';
  for await (const chunk of body) text += new TextDecoder().decode(chunk);
  return text;
}

/** A list of fields as pairs in an order of their own, for comparison. */
function sorted({ fields }: Reply): string[] {
  const pairs = fields.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${fields[index + 1]}`] : []));
  return pairs.sort();
}

test('content in memory goes out as it is, without a stream', () => {
  assert.deepEqual(replyFromResponse(new WebResponse('Hello')), { status: 200, fields: TEXT, body: 'Hello' });
  const { fields, body } = replyFromResponse(new WebResponse(new Uint8Array([1, 2])));
  assert.deepEqual([fields, [...(body as Uint8Array)]], [[], [1, 2]]);
  assert.equal(replyFromResponse(new WebResponse(null, { status: 204 })).body, undefined);
  assert.deepEqual(replyFromResponse(WebResponse.json({ a: 1 })), {
    status: 200,
    fields: ['content-type', 'application/json'],
    body: '{"a":1}',
  });
});

test('looking at the stream of a response does not send it through the stream', () => {
  const response = new WebResponse('Hello');
  assert.ok(response.body);
  const passed = new WebResponse(response.body, response);
  assert.equal(replyFromResponse(passed).body, 'Hello');
  assert.equal(response.bodyUsed, true);
  assert.equal(passed.bodyUsed, true);
});

test('a request’s content that is sent back goes without a stream', async () => {
  const incoming = fakeRequest({ method: 'POST', body: 'content' });
  const request = new WebRequest(incoming, { maxBodyBytes: 1, fallbackAuthority: 'localhost' });
  const reply = replyFromResponse(new WebResponse(request.body));
  assert.equal(reply.body, incoming.body);
  assert.equal(request.bodyUsed, true);
  assert.equal(await contentOf(reply), 'content');
});

test('our Response and Node’s own become the same reply', async () => {
  const name = fc.constantFrom(
    'x-a',
    'X-B',
    'Set-Cookie',
    'cache-control',
    'Connection',
    'date',
    'content-length',
  );
  const pairs = fc.array(fc.tuple(name, fc.constantFrom('1', 'a b', 'é')), { maxLength: 6 });
  const added = fc.array(fc.tuple(name, fc.constantFrom('2', '3')), { maxLength: 3 });
  const body = fc.constantFrom<(() => BodyOf)[]>(
    () => null,
    () => 'text é €',
    () => Buffer.from('bytes'),
    () => new Blob(['blob']).stream(),
    () => new URLSearchParams('a=b'),
  );
  type BodyOf = string | Uint8Array | ReadableStream | URLSearchParams | null;
  await fc.assert(
    fc.asyncProperty(body, pairs, added, async (makeBody, headers, later) => {
      const replies = [WebResponse, NativeResponse].map((Class) => {
        const response = new Class(makeBody() as string, { status: 203, headers });
        for (const [field, value] of later) response.headers.append(field, value);
        return replyFromResponse(response);
      }) as [Reply, Reply];
      assert.equal(replies[0].status, replies[1].status);
      assert.deepEqual(sorted(replies[0]), sorted(replies[1]));
      assert.equal(await contentOf(replies[0]), await contentOf(replies[1]));
    }),
  );
});

test('each set-cookie stays a line of its own (RFC9110§5.3)', () => {
  const response = new WebResponse(null, {
    headers: [
      ['Set-Cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ],
  });
  assert.deepEqual(replyFromResponse(response).fields, ['set-cookie', 'a=1', 'set-cookie', 'b=2']);
  const changed = new WebResponse(null, { headers: { 'set-cookie': 'a=1' } });
  changed.headers.append('set-cookie', 'b=2');
  assert.deepEqual(replyFromResponse(changed).fields, ['set-cookie', 'a=1', 'set-cookie', 'b=2']);
});

test('fields of the connection are not the app’s to set (RFC9110§7.6.1); date and length are', () => {
  const headers = {
    connection: 'close',
    'Keep-Alive': 'timeout=5',
    'transfer-encoding': 'chunked',
    upgrade: 'h2c',
    'proxy-connection': 'close',
    date: 'Thu, 01 Jan 1970 00:00:00 GMT',
    'content-length': '5',
  };
  for (const response of [new WebResponse(null, { headers }), new NativeResponse(null, { headers })]) {
    const kept = ['content-length: 5', 'date: Thu, 01 Jan 1970 00:00:00 GMT'];
    assert.deepEqual(sorted(replyFromResponse(response)), kept);
  }
});

test('a blob goes out with its length', async () => {
  const reply = replyFromResponse(new WebResponse(new Blob(['content'], { type: 'a/b' })));
  assert.deepEqual(reply.fields, ['content-type', 'a/b', 'content-length', '7']);
  assert.equal(await contentOf(reply), 'content');
});

test('a response whose content was used, or is being read, is refused', async () => {
  const used = new WebResponse('Hello');
  await used.text();
  const locked = new WebResponse(new Blob(['Hello']));
  locked.body?.getReader();
  const native = new NativeResponse('Hello');
  await native.text();
  const sent = new WebResponse('Hello');
  replyFromResponse(sent);
  for (const response of [used, locked, native, sent]) {
    assert.throws(() => replyFromResponse(response), { code: 'ERR_HEDDLE_RESPONSE_USED' });
  }
});

test('a clone that was read leaves the response to be sent', async () => {
  for (const body of ['Hello', new Blob(['Hello']).stream()]) {
    const response = new WebResponse(body as string);
    assert.equal(await response.clone().text(), 'Hello');
    assert.equal(await contentOf(replyFromResponse(response)), 'Hello');
  }
});

test('a network error is no answer', () => {
  assert.throws(() => replyFromResponse(WebResponse.error()), { code: 'ERR_HEDDLE_RESPONSE_STATUS' });
});

test('a response of another implementation is sent through its stream', async () => {
  const foreign = {
    status: 200,
    bodyUsed: false,
    url: '',
    headers: new Map([['x-a', '1']]),
    body: new Blob(['foreign']).stream(),
  };
  const reply = replyFromResponse(foreign);
  assert.deepEqual(reply.fields, ['x-a', '1']);
  assert.equal(await contentOf(reply), 'foreign');
});

test('content that fetch decoded goes out without the coding and length it had', () => {
  const fetched = (coding: string, body: string | null = 'decoded') => {
    const headers = { 'content-encoding': coding, 'content-length': '20', 'x-a': '1' };
    const response = new NativeResponse(body, { headers });
    response.headers.delete('content-type');
    return Object.defineProperty(response, 'url', { value: 'http://heddle.test/' });
  };
  for (const coding of ['gzip', 'GZIP, br', 'x-gzip', 'deflate', 'zstd']) {
    assert.deepEqual(replyFromResponse(fetched(coding)).fields, ['x-a', '1'], coding);
  }
  const kept = ['content-encoding: gzip', 'content-length: 20', 'x-a: 1'];
  assert.deepEqual(sorted(replyFromResponse(fetched('gzip', null))), kept);
  assert.equal(replyFromResponse(fetched('gzip, unknown')).fields.length, 6);
  const made = new NativeResponse('bytes', { headers: { 'content-encoding': 'gzip' } });
  assert.ok(replyFromResponse(made).fields.includes('gzip'));
});

test('a 426 keeps its Upgrade, which it must have (RFC9110§15.5.22)', () => {
  for (const [status, kept] of [
    [426, ['upgrade: websocket']],
    [200, []],
  ] as const) {
    const init = { status, headers: { upgrade: 'websocket', connection: 'upgrade' } };
    for (const response of [new WebResponse(null, init), new NativeResponse(null, init)]) {
      assert.deepEqual(sorted(replyFromResponse(response)), kept);
    }
  }
});
