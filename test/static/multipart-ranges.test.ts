import assert from 'node:assert/strict';
import { readdirSync, truncateSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { Reply } from '#exchange/reply.ts';
import { joinByteRanges } from '#semantics/byte-range.ts';
import { createStaticHandler } from '#static/static-handler.ts';
import { fakeRequest } from '../support/fake-request.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SIZE = 200_000;
const BYTES = Buffer.from(Array.from({ length: SIZE }, (_, at) => at % 251));

/** A multipart body taken apart, by its boundary and the lengths it declares. */
function partsOf(body: Buffer, mediaType: string): { fields: string[]; bytes: Buffer }[] {
  const boundary = /^multipart\/byteranges; boundary=([\w-]{24})$/.exec(mediaType)?.[1];
  assert.ok(boundary, mediaType);
  const parts: { fields: string[]; bytes: Buffer }[] = [];
  let rest = body;
  const take = (text: string): void => {
    assert.equal(rest.toString('latin1', 0, text.length), text);
    rest = rest.subarray(text.length);
  };
  take(`--${boundary}`);
  while (!rest.equals(Buffer.from('--\r\n'))) {
    take('\r\n');
    const headEnd = rest.indexOf('\r\n\r\n');
    const fields = rest.toString('latin1', 0, headEnd).split('\r\n');
    const [, first, last] = /bytes (\d+)-(\d+)\//.exec(fields.join()) ?? [];
    const length = Number(last) - Number(first) + 1;
    rest = rest.subarray(headEnd + 4);
    parts.push({ fields, bytes: rest.subarray(0, length) });
    rest = rest.subarray(length);
    take(`\r\n--${boundary}`);
  }
  return parts;
}

async function readAll(body: Reply['body']): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body as AsyncIterable<Uint8Array>) pieces.push(piece);
  return Buffer.concat(pieces);
}

function openFiles(): number {
  return readdirSync('/proc/self/fd').length;
}

suite('several ranges of one file (RFC9110§15.3.7.2)', () => {
  const root = temporaryFolder({ 'a.bin': BYTES, 'shrinks.bin': BYTES, 'rewritten.bin': BYTES });
  for (const name of ['a.bin', 'shrinks.bin', 'rewritten.bin']) utimesSync(join(root, name), 1000, 1000);
  const handler = createStaticHandler({ root, notFoundPage: true, fileCacheBytes: 0 });
  const ask = (range: string, path = '/a.bin', method = 'GET'): Reply =>
    handler(fakeRequest({ method, path, fields: { range } })) as Reply;
  const field = (reply: Reply, name: string): string => reply.fields[reply.fields.indexOf(name) + 1] ?? '';

  test('are parts in the order asked for, each with its type and place', async () => {
    const before = openFiles();
    const reply = ask('bytes=199000-,0-1,1000-170000');
    assert.equal(reply.status, 206);
    assert.equal(reply.fields.includes('content-range'), false, 'RFC9110§14.4: only the parts have one');
    const body = await readAll(reply.body);
    assert.equal(field(reply, 'content-length'), String(body.length));
    const parts = partsOf(body, field(reply, 'content-type'));
    assert.deepEqual(
      parts.map(({ fields }) => fields),
      ['199000-199999', '0-1', '1000-170000'].map((place) => [
        'Content-Type: application/octet-stream',
        `Content-Range: bytes ${place}/200000`,
      ]),
    );
    assert.ok(parts[0]?.bytes.equals(BYTES.subarray(199_000)));
    assert.ok(parts[2]?.bytes.equals(BYTES.subarray(1000, 170_001)));
    assert.equal(openFiles(), before, 'the file is closed');
  });

  test('that overlap, touch or nearly do are one; a single one that is left has no parts', () => {
    const reply = ask('bytes=5-9,0-4,8-20,60-70');
    assert.equal(field(reply, 'content-range'), 'bytes 0-70/200000');
    assert.equal((reply.body as Uint8Array).length, 71);
  });

  test('of which none is satisfiable are 416; more than 32 are the whole', () => {
    assert.equal(ask('bytes=200000-,300000-').status, 416);
    const many = Array.from({ length: 33 }, (_, at) => `${at * 1000}-${at * 1000}`).join(',');
    const whole = ask(`bytes=${many}`);
    assert.equal(whole.status, 200);
    (whole.body as { release(): void }).release();
  });

  test('let go of the file when nobody reads them, begun or not', async () => {
    const before = openFiles();
    const unread = ask('bytes=0-1,100000-150000').body as AsyncIterable<Uint8Array>;
    await unread[Symbol.asyncIterator]().return?.();
    assert.equal(openFiles(), before);
    for await (const _ of ask('bytes=0-1,100000-150000').body as AsyncIterable<Uint8Array>) break;
    assert.equal(openFiles(), before);
  });

  test('break off where the file has become shorter, and never send what is not in it', async () => {
    const reply = ask('bytes=0-1,150000-', '/shrinks.bin');
    truncateSync(join(root, 'shrinks.bin'), 10);
    await assert.rejects(readAll(reply.body), /shorter/);
  });

  test('break off where the file was written to meanwhile: parts of two states are no file', async () => {
    const reply = ask('bytes=0-1,100000-', '/rewritten.bin');
    utimesSync(join(root, 'rewritten.bin'), 2000, 2000);
    await assert.rejects(readAll(reply.body), /was written to/);
  });

  test('to HEAD are not asked for (RFC9110§14.2)', () => {
    assert.equal(ask('bytes=0-1,150000-', '/a.bin', 'HEAD').status, 200);
  });
});

test('joined ranges hold the same bytes, ascending and apart, or are the ones asked for', () => {
  const range = fc
    .tuple(fc.nat(500), fc.integer({ min: 1, max: 60 }))
    .map(([start, length]) => ({ start, end: start + length }));
  fc.assert(
    fc.property(fc.array(range, { minLength: 1, maxLength: 12 }), fc.nat(20), (ranges, gap) => {
      const joined = joinByteRanges(ranges, gap);
      if (joined === ranges) {
        const sorted = ranges.toSorted((a, b) => a.start - b.start);
        for (const [at, one] of sorted.slice(1).entries()) assert.ok(one.start > sorted[at]!.end + gap);
        return;
      }
      for (const [at, one] of joined.slice(1).entries()) assert.ok(one.start > joined[at]!.end + gap);
      for (const one of ranges) {
        assert.equal(joined.filter(({ start, end }) => start <= one.start && one.end <= end).length, 1);
      }
      const bounds = new Set(ranges.flatMap(({ start, end }) => [start, end]));
      for (const { start, end } of joined) assert.ok(bounds.has(start) && bounds.has(end));
    }),
    { numRuns: 500 },
  );
});
