import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { brotliCompressSync, deflateSync, gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { createFetchHandler } from '#fetch/fetch-handler.ts';
import { installWebGlobals } from '#fetch/web-globals.ts';
import { requestText, TestListener } from '../support/test-listener.ts';
import { Upstream } from '../support/upstream.ts';

type Passing = (upstream: Response) => Response | Promise<Response>;

const CODERS = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
} as const;
const CONTENT = 'compressed '.repeat(20);

let uninstall: () => void;
before(() => {
  uninstall = installWebGlobals();
});
after(() => uninstall());

/** Answers with content in the coding that the path names; `/none` with plain content. */
function compressing(): Promise<Upstream> {
  return Upstream.open((request, response) => {
    const coding = request.url?.slice(1) ?? '';
    const coder = (CODERS as Record<string, (text: string) => Buffer>)[coding];
    const content = coder?.(CONTENT) ?? Buffer.from(CONTENT);
    const fields = coder === undefined ? {} : { 'content-encoding': coding };
    response.writeHead(200, { ...fields, 'content-length': content.length, 'x-a': '1' }).end(content);
  });
}

function passingOn(upstream: Upstream, passing: Passing): Promise<TestListener> {
  const app = {
    fetch: async (request: Request) =>
      passing(await fetch(new Request(upstream.url + new URL(request.url).pathname, request))),
  };
  return TestListener.open(createFetchHandler(app, { context: () => undefined, onError: assert.fail }));
}

/** Head and content of an answer; content that came in chunks is put together. */
function parts(text: string): { head: string; content: string } {
  const [head = '', rest = ''] = text.split(/\r\n\r\n(.*)/s);
  if (!/\r\ntransfer-encoding: chunked/.test(head)) return { head, content: rest };
  return { head, content: rest.replace(/[0-9a-f]+\r\n(.*?)\r\n/gs, '$1').replace(/\r\n$/, '') };
}

/** What apps do with an answer they fetched before they pass it on. */
const PASSINGS: Record<string, Passing> = {
  nothing: (upstream) => upstream,
  'a clone': (upstream) => upstream.clone(),
  'content and all else': (upstream) => new Response(upstream.body, upstream),
  'content and all else, twice': (upstream) => {
    const first = new Response(upstream.body, upstream);
    return new Response(first.body, first);
  },
  'content and all else of a clone': (upstream) => {
    const clone = upstream.clone();
    return new Response(clone.body, clone);
  },
  'content and its headers': ({ body, status, headers }) => new Response(body, { status, headers }),
  'content and a copy of its headers': ({ body, headers }) =>
    new Response(body, { headers: new Headers(headers) }),
  'content and a record of its headers, cloned': ({ body, headers }) =>
    new Response(body, { headers: Object.fromEntries(headers) }).clone(),
  'fields set one by one': ({ body, headers }) => {
    const response = new Response(body);
    for (const [name, value] of headers) response.headers.set(name, value);
    return response;
  },
  text: async (upstream) => new Response(await upstream.text(), upstream),
  bytes: async (upstream) => new Response(await upstream.arrayBuffer(), upstream),
  'content that was changed on its way': (upstream) =>
    new Response(upstream.body?.pipeThrough(new TransformStream()) ?? null, upstream),
};

suite('content that fetch decoded', () => {
  for (const [name, passing] of Object.entries(PASSINGS)) {
    test(`goes out as it is, without the coding it had: ${name}`, async () => {
      await using upstream = await compressing();
      await using server = await passingOn(upstream, passing);
      for (const coding of ['gzip', 'x-gzip', 'deflate', 'br', 'zstd', 'none']) {
        const { head, content } = parts(
          await server.exchange(requestText(`GET /${coding}`, 'Accept-Encoding: gzip, deflate, br, zstd')),
        );
        assert.match(head, /^HTTP\/1\.1 200 OK\r\n/, coding);
        assert.doesNotMatch(head, /content-encoding/, coding);
        assert.match(head, /\r\nx-a: 1/, coding);
        assert.equal(content, CONTENT, coding);
      }
    });
  }

  test('is encoded where the app encodes it, and says so', async () => {
    await using upstream = await compressing();
    await using server = await passingOn(upstream, (response) => {
      const body = response.body?.pipeThrough(new CompressionStream('gzip')) ?? null;
      const encoded = new Response(body, response);
      encoded.headers.set('content-encoding', 'gzip');
      return encoded;
    });
    const { head, content } = parts(await server.exchange(requestText('GET /br')));
    assert.match(head, /\r\ncontent-encoding: gzip\r\n/);
    assert.equal(gunzipSync(Buffer.from(content, 'latin1')).toString(), CONTENT);
  });

  test('the answer to a HEAD keeps both: nothing was decoded', async () => {
    await using upstream = await compressing();
    for (const passing of [PASSINGS.nothing, PASSINGS['content and all else']] as Passing[]) {
      await using server = await passingOn(upstream, passing);
      const text = await server.exchange(requestText('HEAD /gzip'));
      assert.match(text, /\r\ncontent-encoding: gzip\r\n/);
      assert.match(text, new RegExp(`\r\ncontent-length: ${gzipSync(CONTENT).length}\r\n`));
    }
  });
});
