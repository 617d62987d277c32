import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { suite, test } from 'node:test';
import type { Handler } from '#exchange/handler.ts';
import type { FileBody } from '#exchange/reply.ts';
import type { RawClient } from '../support/raw-client.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { gate, requestText, TestListener } from '../support/test-listener.ts';

const PART = Buffer.alloc(65_536, 'x');

/** Content without end that tells how far it was pulled and when it was let go. */
class EndlessContent implements AsyncIterable<Uint8Array> {
  pulled = 0;
  readonly returned = gate();

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        this.pulled += 1;
        yield PART;
        await new Promise(setImmediate);
      }
    } finally {
      this.returned.resolve();
    }
  }
}

async function* failingAfter(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
  throw new Error('midway');
}

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

function streaming(body: AsyncIterable<Uint8Array>, ...fields: string[]): Handler {
  return () => ({ status: 200, fields, body });
}

/** Waits until the server has stopped pulling: a second client was served in between. */
async function standstill(server: TestListener, position: () => number): Promise<void> {
  for (let last = -1; last !== position(); ) {
    last = position();
    using other = await server.connect();
    other.send('BAD\r\n\r\n');
    await other.rest();
  }
}

suite('content that comes over time', () => {
  test('is sent chunked, by its length, or up to the end of the connection (RFC9112§6.3)', async () => {
    await using server = await TestListener.open((request) =>
      request.path === '/length'
        ? { status: 200, fields: ['content-length', '4'], body: pieces('ab', '', 'cd') }
        : { status: 200, fields: [], body: pieces('ab', '', 'cd') },
    );
    const text = await server.exchange(requestText('GET /chunked') + requestText('GET /length'));
    assert.match(text, /transfer-encoding: chunked[\s\S]*?\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\nHTTP/);
    assert.match(text, /content-length: 4[\s\S]*?\r\n\r\nabcd$/);
    using old = await server.connect();
    old.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    const { text: toOld, end } = await old.rest();
    assert.match(toOld, /\r\nconnection: close\r\n\r\nabcd$/);
    assert.equal(end, 'fin');
  });

  test('in memory has its true length, whatever the fields say and however long it is (RFC9110§8.6)', async () => {
    await using server = await TestListener.open((request) => ({
      status: 200,
      fields: ['content-length', '70000'],
      body: request.path === '/text' ? 'ä'.repeat(70_000) : Buffer.alloc(80_000),
    }));
    for (const [path, length] of [
      ['/text', 140_000],
      ['/bytes', 80_000],
    ] as const) {
      const reply = await server.exchange(requestText(`GET ${path}`));
      assert.deepEqual(reply.match(/content-length: \d+/g), [`content-length: ${length}`]);
      assert.equal(reply.slice(reply.indexOf('\r\n\r\n') + 4).length, length);
    }
  });

  test('has its head sent before its first part is there', async () => {
    const first = gate();
    await using server = await TestListener.open(
      streaming(
        (async function* () {
          await first.promise;
          yield Buffer.from('late');
        })(),
      ),
    );
    using client = await server.connect();
    client.send(requestText('GET /'));
    await client.until('\r\n\r\n');
    first.resolve();
    await client.until('late');
  });

  test('that fails midway ends without its last chunk, and the event has the error (RFC9112§8)', async () => {
    await using server = await TestListener.open(streaming(failingAfter('begun')));
    using client = await server.connect();
    client.send(requestText('GET /'));
    const { text } = await client.rest();
    assert.ok(text.endsWith('\r\n\r\n5\r\nbegun\r\n'), text);
    assert.deepEqual(
      server.failures.map(({ error, outcome }) => [(error as Error).message, outcome]),
      [['midway', 'the connection was cut']],
    );
  });

  test('that fails midway resets an HTTP/1.0 connection, whose end would look like that of the content', async () => {
    await using server = await TestListener.open(streaming(failingAfter('begun')));
    using client = await server.connect();
    client.send('GET / HTTP/1.0\r\n\r\n');
    assert.equal((await client.rest()).end, 'reset');
  });

  test('that is longer or shorter than its content-length never sends more, and the connection ends', async () => {
    for (const length of [3, 9]) {
      await using server = await TestListener.open(
        streaming(pieces('ab', 'cd'), 'content-length', `${length}`),
      );
      using client = await server.connect();
      client.send(requestText('GET /') + requestText('GET /'));
      const { text } = await client.rest();
      assert.ok(text.endsWith(length === 3 ? '\r\n\r\nab' : '\r\n\r\nabcd'), text);
      assert.equal(server.failures.length, 1);
    }
  });

  test('is pulled no faster than the client reads', async () => {
    const content = new EndlessContent();
    await using server = await TestListener.open(streaming(content));
    using client = await server.connect({ isReading: false });
    client.send(requestText('GET /'));
    await standstill(server, () => content.pulled);
    const before = content.pulled;
    assert.ok(before > 0 && before < 1000, `${before} parts pulled`);
    client.readOn();
    await client.bytes((before + 10) * PART.length);
    assert.ok(content.pulled > before);
  });

  test('is returned, and onAbort told, when the client leaves', async () => {
    const content = new EndlessContent();
    const aborted = gate<Error>();
    await using server = await TestListener.open((request) => {
      request.onAbort(aborted.resolve);
      return { status: 200, fields: [], body: content };
    });
    using client = await server.connect();
    client.send(requestText('GET /'));
    await client.until('\r\n\r\n');
    client.reset();
    assert.equal((await aborted.promise).name, 'ConnectionEnded');
    await content.returned.promise;
    assert.deepEqual(server.failures, []);
  });

  test('is returned when it arrives after the client has left, and onAbort tells that at once', async () => {
    const content = new EndlessContent();
    const iterator = content[Symbol.asyncIterator]();
    await iterator.next();
    const called = gate();
    const left = gate();
    const told: Error[] = [];
    await using server = await TestListener.open(async (request) => {
      request.onAbort(() => left.resolve());
      called.resolve();
      await left.promise;
      request.onAbort((reason) => told.push(reason));
      return { status: 200, fields: [], body: { [Symbol.asyncIterator]: () => iterator } };
    });
    using client = await server.connect();
    client.send(requestText('GET /'));
    await called.promise;
    client.reset();
    await content.returned.promise;
    assert.equal(told.length, 1);
  });
});

suite('content in memory', () => {
  test('of many megabytes arrives whole, bytes and text', async () => {
    const bytes = randomBytes(5_000_000);
    const text = 'ä'.repeat(2_000_000);
    await using server = await TestListener.open((request) => ({
      status: 200,
      fields: [],
      body: request.path === '/bytes' ? bytes : text,
    }));
    using client = await server.connect();
    client.send(requestText('GET /bytes') + requestText('GET /text'));
    assert.ok((await client.reply()).endsWith(bytes.toString('latin1')));
    assert.ok((await client.reply()).endsWith(Buffer.from(text).toString('latin1')));
  });
});

suite('a file', () => {
  const content = randomBytes(10_485_760);
  const folder = temporaryFolder({ file: content });

  async function withFile(
    use: (
      client: RawClient,
      released: () => number,
      server: TestListener,
      isReleased: Promise<void>,
    ) => Promise<void>,
    options: { isReading?: boolean } = {},
    end: number = content.length,
  ): Promise<void> {
    const fd = openSync(`${folder}/file`, 'r');
    let released = 0;
    const isReleased = gate();
    const release = () => {
      released += 1;
      isReleased.resolve();
    };
    const body: FileBody = { fd, start: 0, end, release };
    try {
      await using server = await TestListener.open(() => ({ status: 200, fields: [], body }));
      using client = await server.connect(options);
      client.send(requestText('GET /'));
      await use(client, () => released, server, isReleased.promise);
    } finally {
      closeSync(fd);
    }
  }

  test('of 10 MiB arrives byte for byte and is released once', () =>
    withFile(async (client, released, server) => {
      const reply = await client.reply();
      assert.ok(reply.slice(reply.indexOf('\r\n\r\n') + 4) === content.toString('latin1'));
      client.halfClose();
      await client.rest();
      await server.settled();
      assert.equal(released(), 1);
    }));

  test('is released once when the client leaves, which is no failure of the app', () =>
    withFile(
      async (client, released, server, isReleased) => {
        await once(client.socket, 'readable');
        client.reset();
        await isReleased;
        await server.settled();
        assert.equal(released(), 1);
        assert.deepEqual(server.failures, []);
      },
      { isReading: false },
    ));

  test('that is shorter than it was said to be cuts the connection', () =>
    withFile(
      async (client, released, server) => {
        const { text } = await client.rest();
        assert.equal(text.length - text.indexOf('\r\n\r\n') - 4, content.length);
        assert.equal(released(), 1);
        assert.equal(server.failures.length, 1);
      },
      {},
      content.length + 1,
    ));
});
