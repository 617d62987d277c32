import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { installWebGlobals } from '#fetch/web-globals.ts';
import { listenWith } from '../support/fetch-listener.ts';
import { gate, requestText, type TestListener } from '../support/test-listener.ts';

let uninstall: () => void;
before(() => {
  uninstall = installWebGlobals();
});
after(() => uninstall());

function serving(fetch: (request: Request) => Response | Promise<Response>): Promise<TestListener> {
  return listenWith(fetch, { maxBodyBytes: 1_000_000 });
}

/** A request with content, by its length or in chunks of so many bytes. */
function post(content: string, type: string, chunkBytes?: number): string {
  const fields = [`Content-Type: ${type}`];
  if (chunkBytes === undefined)
    return `${requestText('POST /', ...fields, `Content-Length: ${content.length}`)}${content}`;
  let chunks = '';
  for (let at = 0; at < content.length; at += chunkBytes) {
    const chunk = content.slice(at, at + chunkBytes);
    chunks += `${chunk.length.toString(16)}\r\n${chunk}\r\n`;
  }
  return `${requestText('POST /', ...fields, 'Transfer-Encoding: chunked')}${chunks}0\r\n\r\n`;
}

function contentOf(text: string): string {
  return text.slice(text.indexOf('\r\n\r\n') + 4);
}

const MULTIPART =
  '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' +
  '--x\r\nContent-Disposition: form-data; name="f"; filename="n.txt"\r\nContent-Type: text/plain\r\n\r\nfile\r\n--x--\r\n';

/** The readers, what they are given, and what they make of it. */
const READERS: Record<
  string,
  readonly [type: string, content: string, (request: Request) => Promise<string>, string]
> = {
  text: ['text/plain', 'caf\xc3\xa9', (request) => request.text(), 'café'],
  json: [
    'application/json',
    '{"a":[1]}',
    async (request) => JSON.stringify(await request.json()),
    '{"a":[1]}',
  ],
  bytes: ['a/b', 'abc', async (request) => (await request.bytes()).join(), '97,98,99'],
  arrayBuffer: [
    'a/b',
    'abc',
    async (request) => {
      const buffer = await request.arrayBuffer();
      return `${buffer.constructor.name} ${buffer.byteLength}`;
    },
    'ArrayBuffer 3',
  ],
  blob: [
    'Text/Plain;Charset=X',
    'abc',
    async (request) => {
      const blob = await request.blob();
      return `${blob.type} ${await blob.text()}`;
    },
    'text/plain;charset=x abc',
  ],
  'formData, encoded': [
    'application/x-www-form-urlencoded',
    'a=b+c&a=d%20e',
    async (request) => JSON.stringify((await request.formData()).getAll('a')),
    '["b c","d e"]',
  ],
  'formData, multipart': [
    'multipart/form-data; boundary=x',
    MULTIPART,
    async (request) => {
      const form = await request.formData();
      const file = form.get('f') as File;
      return `${form.get('a')} ${file.name} ${file.type} ${await file.text()}`;
    },
    'b n.txt text/plain file',
  ],
  stream: [
    'a/b',
    'abc',
    async (request) => {
      let text = '';
      for await (const chunk of request.body ?? []) {
        assert.equal(chunk.constructor, Uint8Array);
        text += new TextDecoder().decode(chunk);
      }
      return text;
    },
    'abc',
  ],
  clone: [
    'a/b',
    'abc',
    async (request) => {
      const clone = request.clone();
      return `${await clone.text()} ${await request.text()}`;
    },
    'abc abc',
  ],
  'a Request of it': ['a/b', 'abc', (request) => new Request(request).text(), 'abc'],
  'a Response of its body': ['a/b', 'abc', (request) => new Response(request.body).text(), 'abc'],
  pipeThrough: [
    'a/b',
    'abc',
    (request) => new Response(request.body?.pipeThrough(new TransformStream())).text(),
    'abc',
  ],
};

suite('the content of a request', () => {
  for (const [name, [type, content, read, expected]] of Object.entries(READERS)) {
    test(`is read whole, once, and the connection goes on: ${name}`, async () => {
      await using server = await serving(async (request) => {
        assert.equal(request.bodyUsed, false);
        const result = await read(request);
        await assert.rejects(request.text(), TypeError);
        assert.equal(request.bodyUsed, true);
        return new Response(result);
      });
      for (const chunkBytes of [undefined, 1, 1000]) {
        using client = await server.connect();
        const bytes = post(content, type, chunkBytes);
        client.send(bytes + bytes);
        for (let count = 0; count < 2; count += 1) {
          const answer = await client.reply();
          assert.equal(Buffer.from(contentOf(answer), 'latin1').toString(), expected);
        }
      }
      assert.deepEqual(server.failures, []);
    });
  }

  test('that is bad is the app’s to answer for, as with Node’s own class', async () => {
    await using server = await serving(async (request) => {
      const errors: string[] = [];
      await request
        .clone()
        .json()
        .catch((error: Error) => errors.push(error.name));
      await request.formData().catch((error: Error) => errors.push(error.name));
      return new Response(errors.join());
    });
    for (const type of ['text/plain', 'multipart/form-data', 'multipart/form-data; boundary=x'])
      assert.equal(contentOf(await server.exchange(post('{bad', type))), 'SyntaxError,TypeError', type);
  });

  test('over 10,000 fields of a form is a 413 at once, and no fault of the app (RFC9110§15.5.14)', async () => {
    await using server = await serving(async (request) => {
      const form = await request.formData();
      return new Response(`${[...form].length}`);
    });
    for (const type of [
      'application/x-www-form-urlencoded',
      'Application/X-WWW-Form-URLencoded ;charset=x',
    ]) {
      assert.equal(contentOf(await server.exchange(post('a&'.repeat(9_999), type))), '9999');
      assert.match(await server.exchange(post('a&'.repeat(10_000), type)), /^HTTP\/1\.1 413 /);
      assert.match(await server.exchange(post('a&'.repeat(400_000), type)), /^HTTP\/1\.1 413 /);
    }
    assert.deepEqual(server.failures, []);
  });

  test('that breaks off rejects its reader, and aborts the signal', async () => {
    const outcome = gate<string>();
    const arrived = gate();
    await using server = await serving(async (request) => {
      const { signal } = request;
      arrived.resolve();
      await request.text().catch((error: Error) => outcome.resolve(`${error.name} ${signal.aborted}`));
      return new Response('too late');
    });
    using client = await server.connect();
    client.send(`${requestText('POST /', 'Content-Length: 10')}abc`);
    await arrived.promise;
    client.reset();
    assert.equal(await outcome.promise, 'BodyError true');
  });

  test('that nobody reads behind an answer is told of in its head, where it is long', async () => {
    for (const [name, answer] of [
      ['in hand', () => new Response('answer')],
      ['over time', () => new Response(ReadableStream.from([Buffer.from('answer')]))],
    ] as const) {
      await using server = await serving(answer);
      using client = await server.connect();
      client.send(`${requestText('POST /', 'Content-Length: 900000')}abc`);
      assert.match(await client.until('\r\n\r\n'), /\r\nconnection: close\r\n/, name);
      await client.until('answer');
    }
  });
});
