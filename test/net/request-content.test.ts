import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Handler } from '#exchange/handler.ts';
import type { BodyError, IncomingBody, IncomingRequest } from '#exchange/incoming-request.ts';
import type { RawClient } from '../support/raw-client.ts';
import { gate, requestText, TestListener } from '../support/test-listener.ts';

const CHUNKED = 'Transfer-Encoding: chunked';
const LIMIT = 100_000;

const ok = (body: string) => ({ status: 200, fields: [], body });

function bodyOf(request: IncomingRequest): IncomingBody {
  assert.ok(request.body);
  return request.body;
}

const collecting: Handler = async (request) =>
  ok(`<${Buffer.from(await bodyOf(request).collect(LIMIT)).toString()}>`);

const iterating: Handler = async (request) => {
  const parts: Uint8Array[] = [];
  for await (const part of bodyOf(request)) parts.push(part);
  return ok(`<${Buffer.concat(parts).toString()}>`);
};

/** Answers with the code of the error that reading the content ends with. */
const failing: Handler = async (request) => {
  try {
    await bodyOf(request).collect(10);
    return ok('read');
  } catch (error) {
    return { ...ok((error as BodyError).code), status: 413 };
  }
};

/** Sends zeros as fast as they are taken. */
class Upload {
  left: number;

  constructor(client: RawClient, bytes: number) {
    this.left = bytes;
    const part = Buffer.alloc(100_000);
    const pump = (): void => {
      while (this.left > 0) {
        this.left -= part.length;
        if (!client.socket.write(part)) return;
      }
    };
    client.socket.on('drain', pump);
    pump();
  }
}

/** Waits until several other clients were served without a part more of the upload having left. */
async function standstill(server: TestListener, upload: Upload): Promise<void> {
  for (let last = -1, still = 0; still < 10; ) {
    still = last === upload.left ? still + 1 : 0;
    last = upload.left;
    using other = await server.connect();
    other.send('BAD\r\n\r\n');
    await other.rest();
  }
}

async function* streamOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** The content, asked for only once the head of the answer is out. */
async function* later(body: IncomingBody): AsyncGenerator<Uint8Array> {
  await new Promise(setImmediate);
  yield* body;
}

suite('the content of a request', () => {
  for (const [name, handler] of Object.entries({ collecting, iterating })) {
    test(`arrives whole, by length and chunked, at once and byte by byte (${name})`, async () => {
      await using server = await TestListener.open(handler);
      const messages = [
        `${requestText('POST /', 'Content-Length: 5')}hello`,
        `${requestText('POST /', CHUNKED)}3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: t\r\n\r\n`,
      ];
      assert.equal((await server.exchange(messages.join(''))).match(/<hello>/g)?.length, 2);
      for (const message of messages) {
        using client = await server.connect();
        for (const byte of message) client.send(byte);
        assert.match(await client.reply(), /<hello>$/);
        client.send(requestText('POST /', 'Content-Length: 1'));
        client.send('!');
        assert.match(await client.reply(), /<!>$/);
      }
    });
  }

  test('over the limit is refused by its length, while it comes, and when all of it is here', async () => {
    const isHere = gate();
    await using server = await TestListener.open(async (request) => {
      if (request.path === '/late') {
        await isHere.promise;
        return failing(request);
      }
      return failing(request);
    });
    const long = `${requestText('POST /', 'Content-Length: 20')}${'x'.repeat(20)}`;
    const chunks = `${requestText('POST /', CHUNKED)}14\r\n${'x'.repeat(20)}\r\n0\r\n\r\n`;
    const late = chunks.replace('POST /', 'POST /late');
    setImmediate(() => setImmediate(isHere.resolve));
    const text = await server.exchange(long + chunks + late + long);
    assert.equal(text.match(/HTTP\/1\.1 413 [\s\S]*?body-too-large/g)?.length, 4);
  });

  test('is asked for with a 100 only when it is read (RFC9110§10.1.1)', async () => {
    const isAsked = gate();
    await using server = await TestListener.open(async (request) => {
      await isAsked.promise;
      return collecting(request) ?? ok('');
    });
    using client = await server.connect();
    client.send(requestText('POST /', 'Content-Length: 2', 'Expect: 100-continue'));
    using other = await server.connect();
    other.send('BAD\r\n\r\n');
    await other.rest();
    assert.equal(client.text, '');
    isAsked.resolve();
    assert.equal(await client.until('\r\n\r\n'), 'HTTP/1.1 100 Continue\r\n\r\n');
    client.send('hi');
    const reply = await client.reply();
    assert.match(reply, /<hi>$/);
    assert.doesNotMatch(reply, /connection: close/);
  });

  test('that waits for a 100 and is not read gets the answer, and the connection closes (RFC9110§10.1.1)', async () => {
    const unread: Handler = () => ok('no');
    const returned: Handler = async (request) => {
      await bodyOf(request)[Symbol.asyncIterator]().return?.();
      return ok('no');
    };
    for (const handler of [unread, returned, failing]) {
      await using server = await TestListener.open(handler);
      using client = await server.connect();
      client.send(requestText('POST /', 'Content-Length: 20', 'Expect: 100-continue'));
      const { text, end } = await client.rest();
      assert.match(text, /^HTTP\/1\.1 (200|413) [\s\S]*\r\nconnection: close\r\n/);
      assert.equal(end, 'fin');
    }
  });

  test('whose short rest nobody reads is thrown away, and the connection kept', async () => {
    await using server = await TestListener.open(() => ok('early'));
    using client = await server.connect();
    client.send(requestText('POST /', 'Content-Length: 60000'));
    assert.doesNotMatch(await client.reply(), /connection: close/);
    client.send('x'.repeat(60_000) + requestText('GET /'));
    assert.match(await client.reply(), /early$/);
  });

  test('whose long rest nobody reads closes the connection, and the client can read the answer', async () => {
    await using server = await TestListener.open(() => ok('early'));
    for (const field of ['Content-Length: 10000000', CHUNKED]) {
      using client = await server.connect();
      client.send(requestText('POST /', field));
      const head = await client.until('\r\n\r\n');
      assert.match(head, /\r\nconnection: close\r\n/);
      client.send(`7fffff\r\n${'x'.repeat(5_000_000)}`);
      client.halfClose();
      assert.deepEqual(await client.rest(), { text: 'early', end: 'fin' });
    }
  });

  test('that nobody holds closes the connection behind a streamed answer too, which says so (RFC9110§10.1.1)', async () => {
    await using server = await TestListener.open(() => ({
      status: 200,
      fields: [],
      body: streamOf('early'),
    }));
    for (const fields of [
      ['Content-Length: 10000000'],
      [CHUNKED],
      ['Content-Length: 10', 'Expect: 100-continue'],
    ]) {
      using client = await server.connect();
      client.send(requestText('POST /', ...fields));
      const { text, end } = await client.rest();
      assert.match(text, /^HTTP\/1\.1 200 [\s\S]*\r\nconnection: close\r\n[\s\S]*early/);
      assert.equal(end, 'fin');
    }
  });

  test('that somebody holds is left to a streamed answer, which may read it later', async () => {
    await using server = await TestListener.open((request) => {
      const body = bodyOf(request);
      body.claim();
      return { status: 200, fields: [], body: later(body) };
    });
    using client = await server.connect();
    client.send(requestText('POST /', 'Content-Length: 200000'));
    assert.doesNotMatch(await client.until('\r\n\r\n'), /connection: close/);
    client.send('x'.repeat(200_000));
    await client.until('0\r\n\r\n');
    client.send(`${requestText('POST /', 'Content-Length: 2')}hi`);
    assert.match(await client.until('0\r\n\r\n'), /\r\nhi\r\n/);
  });

  test('that is malformed and read by nobody is refused, and told of (RFC9112§2.2)', async () => {
    const malformed = `${requestText('POST /', CHUNKED)}zz\r\n`;
    for (const handler of [
      () => ok('unread'),
      () => Promise.resolve(ok('unread')),
      () => ({ status: 200, fields: [], body: streamOf('unread') }),
    ]) {
      await using server = await TestListener.open(handler);
      assert.match(await server.exchange(malformed), /^HTTP\/1\.1 400 [\s\S]*\r\nconnection: close\r\n/);
      assert.deepEqual(server.refusals, ['chunk-size-invalid']);
    }
  });

  test('has its trailers once it is read, apart from the fields (RFC9110§6.5.1)', async () => {
    await using server = await TestListener.open(async (request) => {
      const body = bodyOf(request);
      const before = body.trailers.length;
      await body.collect(LIMIT);
      return ok(
        JSON.stringify([before, body.trailers, request.field('x-sum') ?? null, request.field('host')]),
      );
    });
    const sent = `${requestText('POST /', CHUNKED)}1\r\na\r\n0\r\nX-Sum: 1\r\nHost: b\r\n\r\n`;
    assert.match(await server.exchange(sent), /\[0,\["X-Sum","1"\],null,"a"\]$/);
    assert.match(
      await server.exchange(`${requestText('POST /', 'Content-Length: 1')}a`),
      /\[0,\[\],null,"a"\]$/,
    );
  });

  test('that nobody reads holds its sender back', async () => {
    const isSeen = gate<IncomingRequest>();
    const answer = gate<ReturnType<typeof ok>>();
    await using server = await TestListener.open((request) => {
      isSeen.resolve(request);
      return answer.promise;
    });
    using client = await server.connect();
    const length = 50_000_000;
    client.send(requestText('POST /', `Content-Length: ${length}`));
    const upload = new Upload(client, length);
    const request = await isSeen.promise;
    await standstill(server, upload);
    assert.ok(upload.left > 0, 'all of it was taken');
    let bytes = 0;
    for await (const part of bodyOf(request)) bytes += part.length;
    assert.equal(bytes, length);
    answer.resolve(ok('done'));
    assert.match(await client.reply(), /done$/);
  });

  test('that was found too large is not taken for as long as the handler takes', async () => {
    const isRefused = gate();
    const answer = gate();
    await using server = await TestListener.open(async (request) => {
      const reply = await failing(request);
      isRefused.resolve();
      await answer.promise;
      return reply;
    });
    using client = await server.connect();
    client.send(requestText('POST /', 'Content-Length: 50000000'));
    const upload = new Upload(client, 50_000_000);
    await isRefused.promise;
    await standstill(server, upload);
    assert.ok(upload.left > 0, 'all of it was taken');
    answer.resolve();
    assert.match(await client.until('body-too-large'), /\r\nconnection: close\r\n/);
  });

  test('may be read to its end behind the answer', async () => {
    const content = gate<Uint8Array>();
    await using server = await TestListener.open((request) => {
      if (request.body !== undefined) request.body.collect(LIMIT).then(content.resolve, content.reject);
      return ok('early');
    });
    using client = await server.connect();
    client.send(`${requestText('POST /', 'Content-Length: 10')}hello`);
    await client.reply();
    client.send(`world${requestText('GET /')}`);
    assert.match(await client.reply(), /early$/);
    assert.equal(Buffer.from(await content.promise).toString(), 'helloworld');
  });

  test('that is read for the first time behind the answer is no empty content', async () => {
    const readers: Readonly<Record<string, (body: IncomingBody) => Promise<unknown>>> = {
      '/collect': (body) => body.collect(LIMIT),
      '/iterate': (body) => body[Symbol.asyncIterator]().next(),
    };
    const errors: BodyError[] = [];
    await using server = await TestListener.open((request) => {
      const read = readers[request.path];
      if (read !== undefined) {
        const body = bodyOf(request);
        setImmediate(() => read(body).catch((error) => errors.push(error)));
      }
      return ok('early');
    });
    using client = await server.connect();
    for (const path of Object.keys(readers)) {
      client.send(`${requestText(`POST ${path}`, 'Content-Length: 10')}hello`);
      await client.reply();
      client.send(`world${requestText('GET /')}`);
      assert.match(await client.reply(), /early$/);
    }
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['body-incomplete', 'body-incomplete'],
    );
  });

  test('that ends early fails its reader and gets 400 (RFC9112§8)', async () => {
    const codes: string[] = [];
    const isReset = gate();
    const handler: Handler = async (request) => {
      try {
        return await collecting(request);
      } catch (error) {
        codes.push((error as BodyError).code);
        if (codes.length === 3) isReset.resolve();
        throw error;
      }
    };
    await using server = await TestListener.open(handler);
    assert.match(await server.exchange(`${requestText('POST /', 'Content-Length: 9')}x`), /^HTTP\/1\.1 400 /);
    assert.match(await server.exchange(`${requestText('POST /', CHUNKED)}zz\r\n`), /^HTTP\/1\.1 400 /);
    using client = await server.connect();
    client.send(requestText('POST /', 'Content-Length: 9', 'Expect: 100-continue'));
    await client.until('100 Continue\r\n\r\n');
    client.reset();
    await isReset.promise;
    assert.deepEqual(codes, ['body-incomplete', 'body-incomplete', 'body-incomplete']);
    assert.deepEqual(server.refusals, ['body-incomplete', 'chunk-size-invalid']);
  });

  test('has one reader', async () => {
    await using server = await TestListener.open(async (request) => {
      const body = bodyOf(request);
      const iterator = body[Symbol.asyncIterator]();
      const first = iterator.next();
      const outcomes = await Promise.allSettled([
        iterator.next(),
        new Promise((resolve) => resolve(body.collect(1))),
      ]);
      const codes = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.code);
      return ok(`${codes} ${Buffer.from((await first).value).toString()}`);
    });
    using client = await server.connect();
    client.send(`${requestText('POST /', 'Content-Length: 5')}`);
    client.send('hello');
    assert.match(await client.reply(), /body-used,body-used hello$/);
  });
});
