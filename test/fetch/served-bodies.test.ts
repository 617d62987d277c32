import assert from 'node:assert/strict';
import { createReadStream, openAsBlob, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { after, before, suite, test } from 'node:test';
import { installWebGlobals } from '#fetch/web-globals.ts';
import { listenWith } from '../support/fetch-listener.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { gate, requestText } from '../support/test-listener.ts';

type Made = () => Response | Promise<Response>;

let uninstall: () => void;
before(() => {
  uninstall = installWebGlobals();
});
after(() => uninstall());

async function* parts(...values: unknown[]): AsyncGenerator<unknown> {
  for (const value of values) {
    if (value instanceof Error) throw value;
    yield value;
  }
}

/** An async iterable is a body in Node, which its types do not know. */
function iterated(...values: unknown[]): ReadableStream {
  return parts(...values) as unknown as ReadableStream;
}

function form(content: string | Buffer<ArrayBuffer>): FormData {
  const form = new FormData();
  form.append('a"b\n', 'c\nd');
  form.append('file', new File([content], 'n"ame.txt', { type: 'text/plain' }));
  return form;
}

const folder = temporaryFolder({ 'file.txt': 'file content', 'empty.txt': '', 'changed.txt': 'before' });
const LARGE = 300_000;

/** Bodies: what they are made of, what is sent, and whether its length is told. */
const BODIES: Record<string, readonly [make: Made, content: string, hasLength: boolean]> = {
  text: [() => new Response('é'), 'Ã©', true],
  'no text': [() => new Response(''), '', true],
  bytes: [() => new Response(new Uint8Array([65, 66])), 'AB', true],
  'part of a buffer': [
    () => new Response(new DataView(new Uint8Array([65, 66, 67, 68]).buffer, 1, 2)),
    'BC',
    true,
  ],
  'long text': [() => new Response('x'.repeat(LARGE)), 'x'.repeat(LARGE), true],
  'a blob': [() => new Response(new Blob(['blob'])), 'blob', true],
  'an empty blob': [() => new Response(new Blob([])), '', true],
  'a file’s blob': [async () => new Response(await openAsBlob(`${folder}/file.txt`)), 'file content', true],
  'a slice of it': [
    async () => new Response((await openAsBlob(`${folder}/file.txt`)).slice(2, 5)),
    'le ',
    true,
  ],
  'an empty file’s blob': [async () => new Response(await openAsBlob(`${folder}/empty.txt`)), '', true],
  parameters: [() => new Response(new URLSearchParams({ a: 'b c' })), 'a=b+c', true],
  'a stream': [() => new Response(new Blob(['stream']).stream()), 'stream', false],
  'an empty stream': [() => new Response(new ReadableStream({ start: (c) => c.close() })), '', false],
  'a byte stream': [
    () =>
      new Response(
        new ReadableStream({
          type: 'bytes',
          start(controller) {
            controller.enqueue(Buffer.alloc(3, 'b'));
            controller.close();
          },
        }),
      ),
    'bbb',
    false,
  ],
  'an iterable': [() => new Response(iterated('é', '', Buffer.from('b'))), 'Ã©b', false],
  'an empty iterable': [() => new Response(iterated()), '', false],
  'a Node stream': [() => new Response(Readable.from(['a', 'b']) as unknown as ReadableStream), 'ab', false],
  'a file’s stream': [
    () => new Response(createReadStream(`${folder}/file.txt`) as unknown as ReadableStream),
    'file content',
    false,
  ],
  'a stream with its length': [
    () => new Response(new Blob(['stream']).stream(), { headers: { 'content-length': '6' } }),
    'stream',
    true,
  ],
  'a blob with a wrong length': [
    () => new Response(new Blob(['blob']), { headers: { 'content-length': '9' } }),
    'blob',
    true,
  ],
  'text with a wrong length': [
    () => new Response('text', { headers: { 'content-length': '3' } }),
    'text',
    true,
  ],
  'a clone of a stream': [() => new Response(new Blob(['clone']).stream()).clone(), 'clone', false],
  'an iterable at whose stream somebody looked': [
    () => {
      const response = new Response(iterated('a', '', 'b'));
      assert.ok(response.body);
      return new Response(response.body, response);
    },
    'ab',
    false,
  ],
  'a class of its own': [() => new (class extends Response {})('own'), 'own', true],
};

/** The content of the first of two answers on a connection, and its length as it was told. */
function firstOf(text: string): { head: string; content: string; length: string | undefined } {
  const first = text.slice(0, text.lastIndexOf('HTTP/1.1 '));
  const [head = '', rest = ''] = first.split(/\r\n\r\n(.*)/s);
  const length = /\r\ncontent-length: (\d+)/.exec(head)?.[1];
  if (!/\r\ntransfer-encoding: chunked/.test(head)) return { head, content: rest, length };
  let content = '';
  for (let at = 0; ; ) {
    const end = rest.indexOf('\r\n', at);
    const size = Number.parseInt(rest.slice(at, end), 16);
    if (size === 0) return { head, content, length };
    content += rest.slice(end + 2, end + 2 + size);
    at = end + 2 + size + 2;
  }
}

suite('a body on its way out', () => {
  for (const [name, [make, content, hasLength]] of Object.entries(BODIES)) {
    test(`is sent whole, and the connection goes on: ${name}`, async () => {
      await using server = await listenWith((request) =>
        new URL(request.url).pathname === '/' ? make() : new Response('next'),
      );
      const length = hasLength ? String(content.length) : undefined;
      const got = firstOf(await server.exchange(requestText('GET /') + requestText('GET /next')));
      assert.equal(got.content, content);
      assert.equal(got.length, length);
      const head = firstOf(await server.exchange(requestText('HEAD /') + requestText('GET /next')));
      assert.equal(head.content, '');
      assert.equal(head.length, length);
      assert.deepEqual(server.failures, []);
    });
  }

  test('a form is sent with its length and read by whoever reads forms', async () => {
    await using server = await listenWith(() => new Response(form('x'.repeat(LARGE))));
    const { head, content, length } = firstOf(
      await server.exchange(requestText('GET /') + requestText('HEAD /')),
    );
    assert.equal(length, String(content.length));
    const type = /content-type: ([^\r]+)/.exec(head)?.[1] ?? '';
    const parsed = await new Response(content, { headers: { 'content-type': type } }).formData();
    assert.equal(parsed.get('a"b\r\n'), 'c\r\nd');
    const file = parsed.get('file') as File;
    assert.deepEqual([file.name, file.type, file.size], ['n"ame.txt', 'text/plain', LARGE]);
  });

  test('a client that leaves amid a form, or asks for its head alone, harms nobody', async () => {
    // A server thread ends by an exception that nobody caught, as this test would.
    await using server = await listenWith(() => new Response(form(Buffer.alloc(30_000_000))));
    for (const method of ['GET', 'HEAD']) {
      using client = await server.connect({ isReading: false });
      client.send(requestText(`${method} /`));
      client.readOn();
      await client.until('\r\n\r\n');
      client.reset();
    }
    await server.settled();
    assert.match(await server.exchange(requestText('HEAD /')), /content-length: 300003/);
  });

  test('the head alone of a file that cannot be opened harms nobody', async () => {
    const failed = gate();
    await using server = await listenWith(() => {
      const stream = createReadStream(`${folder}/none`);
      stream.on('close', () => failed.resolve());
      return new Response(stream as unknown as ReadableStream);
    });
    assert.match(await server.exchange(requestText('HEAD /')), /^HTTP\/1\.1 200 /);
    await failed.promise;
    await new Promise(setImmediate);
  });

  test('an iterable that ends only after its client left harms nobody', async () => {
    const left = gate();
    const ended = gate();
    await using server = await listenWith(() => {
      async function* events() {
        yield 'first';
        await left.promise;
        ended.resolve();
      }
      const response = new Response(events() as unknown as ReadableStream);
      // Middleware that looks at it.
      return new Response(response.body, response);
    });
    using client = await server.connect();
    client.send(requestText('GET /'));
    await client.until('first');
    client.reset();
    await server.settled();
    left.resolve();
    await ended.promise;
    await new Promise(setImmediate);
  });

  test('content that fails, or is no bytes, ends its connection visibly and is told', async () => {
    const failure = new Error('midway');
    const bodies: Made[] = [
      () => new Response(iterated('a', failure)),
      () => new Response(iterated(failure)),
      () => new Response(iterated('a', 5)),
      () => new Response(ReadableStream.from(['text']) as ReadableStream),
      () => new Response(new ReadableStream({ start: (controller) => controller.error(failure) })),
      () => new Response(createReadStream(`${folder}/none`) as unknown as ReadableStream),
      () => new Response(new Blob(['abc']).stream(), { headers: { 'content-length': '2' } }),
      () => new Response(new Blob(['abc']).stream(), { headers: { 'content-length': '4' } }),
      async () => {
        const blob = await openAsBlob(`${folder}/changed.txt`);
        writeFileSync(`${folder}/changed.txt`, 'changed since then');
        return new Response(blob);
      },
    ];
    for (const make of bodies) {
      await using server = await listenWith(make);
      const text = await server.exchange(requestText('GET /') + requestText('GET /'));
      assert.doesNotMatch(text, /0\r\n\r\n$|HTTP.*HTTP/s);
      assert.equal(server.failures.length, 1);
    }
  });

  test('a status without content has none, whatever length it tells', async () => {
    for (const [status, length] of [
      [204, undefined],
      [205, '0'],
      [304, '5'],
    ] as const) {
      await using server = await listenWith(
        () => new Response(null, { status, headers: { 'content-length': '5' } }),
      );
      const { head, content } = firstOf(await server.exchange(requestText('GET /') + requestText('GET /')));
      assert.match(head, new RegExp(`^HTTP/1.1 ${status} `));
      assert.equal(content, '');
      assert.equal(/\r\ncontent-length: (\d+)/.exec(head)?.[1], length);
      assert.throws(() => new Response('content', { status }), TypeError);
    }
  });

  test('a response that cannot be sent is a 500 and told, and the next request is answered', async () => {
    const shared = new Response('shared');
    await shared.text();
    const cases: Made[] = [
      () => shared,
      () => Response.error(),
      () => {
        const response = new Response('locked');
        response.body?.getReader();
        return response;
      },
      async () => {
        const response = new Response(new Blob(['part']).stream());
        const reader = response.body?.getReader();
        await reader?.read();
        reader?.releaseLock();
        return response;
      },
    ];
    for (const make of cases) {
      await using server = await listenWith(make);
      const text = await server.exchange(requestText('GET /') + requestText('HEAD /'));
      assert.equal(text.match(/HTTP\/1\.1 500 /g)?.length, 2);
      assert.equal(server.failures.length, 2);
    }
  });

  test('cookies are lines of their own, as many as there are', async () => {
    await using server = await listenWith(() => {
      const response = new Response('a');
      for (let index = 0; index < 500; index += 1)
        response.headers.append('Set-Cookie', `c${index}=${index}`);
      return response;
    });
    const text = await server.exchange(requestText('GET /'));
    assert.equal(text.match(/\r\nset-cookie: c(\d+)=\1(?=\r\n)/g)?.length, 500);
  });
});
