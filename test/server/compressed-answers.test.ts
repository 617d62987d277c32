import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { serve } from '#server/serve.ts';
import type { ServeOptions } from '#server/serve-targets.ts';
import { RawClient } from '../support/raw-client.ts';

type Fetch = (request: Request) => Response | Promise<Response>;

const TEXT = 'words and words and more words. '.repeat(100);
const HTML = { 'content-type': 'text/html' };

interface Told {
  readonly status: string;
  readonly fields: ReadonlyMap<string, string>;
  readonly content: Buffer;
}

/** The answer to one request. */
async function ask(fetch: Fetch, encoding?: string, method = 'GET'): Promise<Told> {
  await using server = await serve({ port: 0, idleGraceMs: 0, compress: true, fetch } as ServeOptions);
  using client = await RawClient.open(server.address.port);
  const accepts = encoding === undefined ? '' : `Accept-Encoding: ${encoding}\r\n`;
  client.send(`${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${accepts}\r\n`);
  const { text } = await client.rest();
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [status = '', ...lines] = head.split('\r\n');
  const fields = new Map(lines.map((line) => line.split(': ', 2) as [string, string]));
  const content = rest.join('\r\n\r\n');
  return { status, fields, content: dechunk(content, fields.get('transfer-encoding') === 'chunked') };
}

function dechunk(text: string, isChunked: boolean): Buffer {
  if (!isChunked) return Buffer.from(text, 'latin1');
  const parts: string[] = [];
  for (let at = 0; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    assert.ok(size >= 0, 'the content is cut');
    if (size === 0) return Buffer.from(parts.join(''), 'latin1');
    parts.push(text.slice(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

const DECODERS = { br: brotliDecompressSync, zstd: zstdDecompressSync, gzip: gunzipSync };

function streamOf(...texts: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const text of texts) controller.enqueue(Buffer.from(text));
      controller.close();
    },
  });
}

suite('answers of an app, with --compress', () => {
  test('are compressed as the client likes it, in one piece and as they flow', async () => {
    const large = TEXT.repeat(20);
    for (const coding of ['br', 'zstd', 'gzip'] as const)
      for (const [body, text] of [
        [() => TEXT, TEXT],
        [() => large, large],
        [() => Buffer.from(large), large],
        [() => streamOf(TEXT, 'x', TEXT), `${TEXT}x${TEXT}`],
        [() => new Blob([large]), large],
      ] as const) {
        const told = await ask(() => new Response(body(), { headers: HTML }), `${coding}, identity;q=0.5`);
        assert.equal(told.fields.get('content-encoding'), coding);
        assert.equal(told.fields.get('vary'), 'accept-encoding');
        assert.ok(told.content.length < text.length / 5);
        assert.equal(String(DECODERS[coding](told.content)), text);
        const length = told.fields.get('content-length');
        if (length !== undefined) assert.equal(Number(length), told.content.length);
      }
  });

  test('are zstd for a client that likes all equally well, and as they are for one that asks for nothing', async () => {
    const told = await ask(() => new Response(TEXT), 'gzip, deflate, br, zstd');
    assert.equal(told.fields.get('content-encoding'), 'zstd');
    for (const encoding of [undefined, 'identity', 'deflate', 'gzip;q=0']) {
      const { fields, content } = await ask(() => new Response(TEXT), encoding);
      assert.equal(fields.get('content-encoding'), undefined);
      assert.equal(fields.get('vary'), 'accept-encoding');
      assert.equal(String(content), TEXT);
      assert.equal(fields.get('content-length'), String(TEXT.length));
    }
  });

  test('are left alone where they are small, of a kind that does not get smaller, parts, coded, or protected', async () => {
    const answers: Fetch[] = [
      () => new Response('x'.repeat(1023)),
      () => new Response(TEXT, { headers: { 'content-type': 'image/png' } }),
      () => new Response(TEXT, { status: 206, headers: HTML }),
      () => new Response(TEXT, { headers: { ...HTML, 'content-range': 'bytes 0-1/2' } }),
      () => new Response(TEXT, { headers: { ...HTML, 'content-encoding': 'x' } }),
      () => new Response(TEXT, { headers: { ...HTML, 'cache-control': 'public, No-Transform' } }),
      () => new Response(TEXT, { headers: { ...HTML, 'content-digest': 'sha-256=:YQ==:' } }),
      () => new Response(null, { status: 204 }),
      () => new Response(null, { status: 304, headers: { etag: '"a"', 'content-type': 'text/html' } }),
    ];
    for (const answer of answers) {
      const [plain, asked] = [await ask(answer), await ask(answer, 'gzip')];
      assert.deepEqual([...asked.fields.keys()], [...plain.fields.keys()]);
      assert.equal(asked.fields.has('vary'), false);
      assert.equal(asked.fields.get('etag'), plain.fields.get('etag'));
      assert.deepEqual(asked.content, plain.content);
    }
  });

  test('have a weak tag, one Vary, and no promise of parts', async () => {
    const headers = { ...HTML, etag: '"a"', vary: 'cookie', 'accept-ranges': 'bytes' };
    const told = await ask(() => new Response(TEXT, { headers }), 'br');
    assert.equal(told.fields.get('etag'), 'W/"a"');
    assert.equal(told.fields.get('vary'), 'cookie, accept-encoding');
    assert.equal(told.fields.has('accept-ranges'), false);
    for (const [vary, etag] of [
      ['Accept-Encoding, cookie', 'W/"a"'],
      ['*', 'W/"a"'],
    ] as const) {
      const { fields } = await ask(() => new Response(TEXT, { headers: { ...HTML, etag, vary } }), 'br');
      assert.deepEqual([fields.get('vary'), fields.get('etag')], [vary, etag]);
    }
  });

  test('to HEAD have the fields of those to GET', async () => {
    for (const body of [() => TEXT, () => TEXT.repeat(20), () => streamOf(TEXT)]) {
      const answer: Fetch = () => new Response(body(), { headers: { ...HTML, etag: '"a"' } });
      const [head, get] = [await ask(answer, 'zstd', 'HEAD'), await ask(answer, 'zstd')];
      assert.equal(head.content.length, 0);
      for (const name of ['content-encoding', 'vary', 'etag', 'content-type', 'content-length'])
        assert.equal(head.fields.get(name), get.fields.get(name), name);
    }
    const { fields } = await ask(
      () => new Response(null, { headers: { ...HTML, 'content-length': '5000' } }),
      'zstd',
      'HEAD',
    );
    assert.deepEqual([fields.get('content-encoding'), fields.has('content-length')], ['zstd', false]);
  });

  test('that have another length than they promise are cut', async () => {
    const headers = { ...HTML, 'content-length': '5000' };
    const answer: Fetch = () => new Response(streamOf(TEXT), { headers });
    await assert.rejects(ask(answer, 'gzip'), /the content is cut/);
  });

  test('of events arrive one by one, and end with the client', async () => {
    const cancelled = Promise.withResolvers<void>();
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const fetch: Fetch = () =>
      new Response(
        new ReadableStream({
          start: (own) => {
            controller = own;
          },
          cancel: () => cancelled.resolve(),
        }),
        { headers: { 'content-type': 'text/event-stream' } },
      );
    await using server = await serve({ port: 0, idleGraceMs: 0, compress: true, fetch } as ServeOptions);
    using client = await RawClient.open(server.address.port);
    client.send('GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n');
    assert.match(await client.until('\r\n\r\n'), /content-encoding: gzip\r\n/);
    for (let n = 0; n < 3; n += 1) {
      controller?.enqueue(Buffer.from(`data: ${n}\n\n`));
      // A chunk of the compressed event, though no other follows.
      await client.until(/[1-9a-f][0-9a-f]*\r\n[\s\S]+?\r\n/);
    }
    client.reset();
    await cancelled.promise;
  });
});
