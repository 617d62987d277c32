import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WebResponse } from '#fetch/web-response.ts';
import { bodyScript, runBodyScript } from '../support/body-script.ts';
import { settled } from '../support/web-outcome.ts';

type AnyResponse = new (body?: unknown, init?: ResponseInit) => Response;
const OURS = WebResponse as unknown as AnyResponse;
const NATIVE = globalThis.Response as unknown as AnyResponse;

async function* generated(parts: readonly unknown[]): AsyncGenerator<unknown> {
  yield* parts;
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('', '{"a":1}', '\ufeff{}', '\ud800', 'a\udfffb', 'a=b&c=d', '{bad'),
);
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 8 }),
  fc.constantFrom(new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d]), new Uint8Array([0xe2, 0x82])),
);
/** A body to be made anew for each class: streams can be read once. */
const body: fc.Arbitrary<() => unknown> = fc.oneof(
  fc.constantFrom<(() => unknown)[]>(
    () => undefined,
    () => null,
    // Not among the parts below: of two byte order marks Node takes both away, where the standard takes one.
    () => '\ufeff',
    () => new URLSearchParams({ a: 'b', c: 'd e' }),
    () => new Blob([]),
    () => new Blob(['{"a":1}'], { type: 'application/json' }),
  ),
  text.map((value) => () => value),
  bytes.map((value) => () => value),
  bytes.map((value) => () => new Uint8Array(value).buffer),
  fc.array(bytes, { maxLength: 3 }).map((parts) => () => ReadableStream.from(parts)),
  fc.array(fc.oneof(text, bytes), { maxLength: 3 }).map((parts) => () => generated(parts)),
  text.map((part) => () => ReadableStream.from([part])),
);
const contentType = fc.constantFrom(
  undefined,
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'nonsense',
);

test('whatever an app does to a Response’s body comes to the same as with Node’s own class', async () => {
  await fc.assert(
    fc.asyncProperty(body, contentType, bodyScript, async (makeBody, type, script) => {
      const init = type === undefined ? {} : { headers: { 'content-type': type } };
      assert.deepEqual(
        await runBodyScript(new OURS(makeBody(), init), script),
        await runBodyScript(new NATIVE(makeBody(), init), script),
      );
    }),
    { numRuns: 1500 },
  );
});

test('a form that was given comes back', async () => {
  const form = new FormData();
  form.append('a', 'b');
  form.append('file', new File(['content'], 'name.txt', { type: 'text/plain' }));
  const parsed = await new WebResponse(form).formData();
  assert.equal(parsed.get('a'), 'b');
  assert.equal(await (parsed.get('file') as File).text(), 'content');
});

test('the body of another response can be passed on, and is used by whoever reads first', async () => {
  for (const content of ['text', new Uint8Array([65]), new Blob(['blob'])]) {
    const [first, second, expected] = [
      new WebResponse(content),
      new WebResponse(content),
      new Response(content),
    ];
    const passed = new WebResponse(first.body, first);
    assert.deepEqual(await settled(() => passed.text()), await settled(() => expected.text()));
    assert.equal(first.bodyUsed, true);
    assert.deepEqual(await settled(() => first.text()), { error: 'TypeError' });
    const unread = new WebResponse(second.body);
    await second.text();
    assert.deepEqual(await settled(() => unread.text()), { error: 'TypeError' });
  }
});

test('a body that was passed on and is then cloned belongs to whoever cloned it, as with Node’s own class', async () => {
  for (const content of ['text', new Blob(['blob'])]) {
    for (const cloner of [0, 1] as const) {
      const came = await Promise.all(
        [WebResponse, Response].map(async (Class) => {
          const first = new Class(content);
          const both = [first, new Class(first.body)] as const;
          const { body: handed } = first;
          const clone = both[cloner].clone();
          return [
            handed?.locked,
            await settled(() => clone.text()),
            both[1 - cloner]?.bodyUsed,
            await settled(() => both[1 - cloner]?.text()),
            await settled(() => both[cloner].text()),
          ];
        }),
      );
      assert.deepEqual(came[0], came[1]);
    }
  }
});

test('a stream that fails rejects the reader with its own error', async () => {
  const failure = new Error('the source broke');
  const stream = new ReadableStream({ pull: (controller) => controller.error(failure) });
  await assert.rejects(new WebResponse(stream).text(), failure);
});

test('bytes that were read belong to the reader: changing them does not change a clone', async () => {
  const response = new WebResponse(new Uint8Array([65, 66]));
  const clone = response.clone();
  (await response.bytes()).fill(0);
  assert.equal(await clone.text(), 'AB');
  assert.equal((await new WebResponse(Buffer.from('ab')).arrayBuffer()).byteLength, 2);
});
