import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WebResponse } from '#fetch/web-response.ts';
import { type Outcome, outcome } from '../support/web-outcome.ts';

const NativeResponse = globalThis.Response;
type AnyResponse = new (body?: unknown, init?: unknown) => Response;

/** All that can be seen of a response without reading it. */
function face(response: Response): unknown {
  const { status, statusText, ok, type, url, redirected, bodyUsed, headers } = response;
  // Two empty values are joined to `, `; whether its space stays makes no difference once it is sent.
  const fields = [...headers].map(([name, value]) => [name, value.replace(/ $/, '')]);
  return { status, statusText, ok, type, url, redirected, bodyUsed, fields, body: response.body !== null };
}

function made(from: unknown, body: unknown, init: unknown): Outcome {
  const Class = from as AnyResponse;
  return outcome(() => face(new Class(body, init)));
}

const fieldName = fc.oneof(
  fc.constantFrom(
    'content-type',
    'Content-Type',
    'set-cookie',
    'Set-Cookie',
    'x-a',
    'X-A',
    'cookie',
    'content-length',
  ),
  fc.string({ maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 3 }),
);
const fieldValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constantFrom('', ' a ', '\ta', 'a\tb', 'a\r\nb', 'a\0', 'a\x01b', '\x7f', 'é', '€', '\n'),
  fc.constantFrom<unknown>(5, null, undefined, true, ['x', 'y'], {}),
);
const pairs = fc.array(fc.tuple(fieldName, fieldValue), { maxLength: 6 });
const headersInit: fc.Arbitrary<() => unknown> = fc.oneof(
  pairs.map((list) => () => list),
  pairs.map((list) => () => Object.fromEntries(list)),
  pairs.map((list) => () => new Map(list)),
  pairs.map((list) => () => list.values()),
  fc
    .array(fc.tuple(fc.constantFrom('a', 'B', 'set-cookie'), fc.string({ unit: 'grapheme-ascii' })), {
      maxLength: 5,
    })
    .map((list) => () => new Headers(list)),
  fc
    .constantFrom<unknown>(undefined, null, 'x', 5, [['a']], [['a', 'b', 'c']], ['ab'], [[]], [{}], {
      [Symbol('a')]: 'b',
    })
    .map((value) => () => value),
);
const status = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 195, max: 605 }) },
  fc.constantFrom<unknown>(
    undefined,
    null,
    0,
    -200,
    200.7,
    65_736,
    101,
    204,
    205,
    304,
    '201',
    'x',
    Number.NaN,
    true,
    {},
  ),
);
const statusText = fc.oneof(
  fc.constantFrom<unknown>(undefined, '', 'OK', 'a\tb', 'a\nb', '\x7f', '\x01', 'é', '€', 5, null),
  fc.string({ unit: 'binary', maxLength: 3 }),
);
const body: fc.Arbitrary<() => unknown> = fc.constantFrom<(() => unknown)[]>(
  () => undefined,
  () => null,
  () => '',
  () => 'text',
  () => new Uint8Array([1, 2, 3]),
  () => new Uint16Array([1, 2]),
  () => new DataView(new ArrayBuffer(4), 1, 2),
  () => new ArrayBuffer(3),
  () => Buffer.from('buffer'),
  () => new Blob(['blob']),
  () => new Blob(['blob'], { type: 'Text/HTML' }),
  () => new URLSearchParams({ a: 'b c' }),
  () => new ReadableStream(),
  () => (async function* () {})(),
  () => 5,
  () => true,
  () => ({}),
  () => [1, 2],
  () => new Date(0),
  () => Symbol('no body'),
  () => {
    const stream = new ReadableStream();
    stream.getReader();
    return stream;
  },
);

test('a Response is made or refused exactly as by Node’s own class', () => {
  const init = fc.record({ headers: headersInit, status, statusText }, { requiredKeys: [] });
  fc.assert(
    fc.property(body, init, (makeBody, { headers, ...rest }) => {
      const inits = () => (headers === undefined ? rest : { ...rest, headers: headers() });
      assert.deepEqual(made(WebResponse, makeBody(), inits()), made(NativeResponse, makeBody(), inits()));
    }),
    { numRuns: 3000 },
  );
});

test('an init that is no dictionary is refused as by Node’s own class', () => {
  for (const init of [null, undefined, 5, 'x', true, Symbol('x'), [], () => {}, new Map()]) {
    assert.deepEqual(made(WebResponse, 'a', init), made(NativeResponse, 'a', init), String(init));
  }
});

test('each member of an init is read once', () => {
  for (const status of [201, '201']) {
    const log: string[] = [];
    const init = {
      get headers() {
        log.push('headers');
        return [['x-a', '1']].values();
      },
      get status() {
        log.push('status');
        return status;
      },
      get statusText() {
        log.push('statusText');
        return 'Made';
      },
    };
    const response = new (WebResponse as unknown as AnyResponse)('a', init);
    assert.deepEqual(log, ['headers', 'status', 'statusText']);
    assert.deepEqual([response.status, response.headers.get('x-a')], [201, '1']);
  }
});

test('a buffer that was handed on has no content', async () => {
  for (const view of [(buffer: ArrayBuffer) => buffer, (buffer: ArrayBuffer) => new Uint8Array(buffer)]) {
    const buffer = new ArrayBuffer(4);
    const body = view(buffer);
    buffer.transfer();
    assert.equal(await new WebResponse(body).text(), '');
  }
});

test('a form names its boundary in the content type', () => {
  const form = new FormData();
  form.set('a', 'b');
  const response = new WebResponse(form);
  assert.match(response.headers.get('content-type') ?? '', /^multipart\/form-data; boundary=/);
});

test('another response can be the init', () => {
  for (const first of [
    new WebResponse('a', { status: 201, statusText: 'Made', headers: { 'x-a': '1' } }),
    new Response('a', { status: 201, statusText: 'Made', headers: { 'x-a': '1' } }),
  ]) {
    assert.deepEqual(face(new WebResponse('b', first)), face(new NativeResponse('b', first)));
    first.headers.append('x-a', '2');
    assert.deepEqual(face(new WebResponse('b', first)), face(new NativeResponse('b', first)));
  }
});

test('the fields are those at construction: a Headers that is changed afterwards does not change them', () => {
  const headers = new Headers({ 'x-a': '1' });
  const response = new WebResponse('a', { headers });
  headers.set('x-a', '2');
  assert.equal(response.headers.get('x-a'), '1');
});

test('bytes are those at construction: a buffer that is used again does not change them', async () => {
  const bytes = new Uint8Array([65, 66]);
  const responses = [new WebResponse(bytes), new WebResponse(bytes.buffer)];
  bytes.fill(0);
  for (const response of responses) assert.equal(await response.text(), 'AB');
});

test('Response.json, redirect and error are those of Node’s own class', () => {
  const data = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom<unknown>(undefined, () => {}, Symbol('x'), 5n, new Date(0)),
  );
  const init = fc.constantFrom<(ResponseInit | undefined)[]>(
    undefined,
    {},
    { status: 201 },
    { status: 204 },
    { headers: { 'Content-Type': 'a/b' } },
    { headers: [['x-a', '1']] },
  );
  fc.assert(
    fc.property(data, init, (value, options) => {
      assert.deepEqual(
        outcome(() => face(WebResponse.json(value, options))),
        outcome(() => face(NativeResponse.json(value, options))),
      );
    }),
  );
  const urls = ['/a', 'http://x/ a?é', new URL('https://heddle.test/'), 'http://', ''];
  for (const url of urls) {
    for (const code of [undefined, 301, 302, 303, 307, 308, 200, 304, 0] as (undefined | 301)[]) {
      assert.deepEqual(
        outcome(() => face(WebResponse.redirect(url, code))),
        outcome(() => face(NativeResponse.redirect(url, code))),
      );
    }
  }
  const redirect = WebResponse.redirect('http://heddle.test/');
  assert.throws(() => redirect.headers.set('a', 'b'), TypeError);
  assert.throws(() => redirect.clone().headers.set('a', 'b'), TypeError);
  assert.deepEqual(face(WebResponse.error()), face(NativeResponse.error()));
});

test('a Response of ours is an instance of both classes, and has all members of Node’s', () => {
  const response = new WebResponse('a');
  assert.ok(response instanceof WebResponse);
  assert.ok(response instanceof NativeResponse);
  assert.equal(Object.prototype.toString.call(response), '[object Response]');
  assert.equal(WebResponse.name, 'Response');
  const keys = (value: object) => {
    const names: string[] = [];
    for (const name in value) names.push(name);
    return names.sort();
  };
  assert.deepEqual(keys(response), keys(new NativeResponse('a')));
});

test('a subclass is its own: instanceof does not hold for other responses', () => {
  class Page extends WebResponse {}
  assert.ok(new Page() instanceof Page);
  assert.ok(!(new WebResponse() instanceof Page));
  assert.ok(!(new NativeResponse() instanceof Page));
  assert.ok(new NativeResponse() instanceof WebResponse);
});
