import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Handler } from '#exchange/handler.ts';
import { BodyError, type IncomingRequest } from '#exchange/incoming-request.ts';
import type { Reply } from '#exchange/reply.ts';
import { gate, requestText, TestListener } from '../support/test-listener.ts';

const SHORT_MS = 30;
const settings = { requestTimeoutMs: SHORT_MS };

const never = new Promise<Reply>(() => {});
/** Answers at once, `/never` not at all. */
const some: Handler = (request) =>
  request.path === '/never' ? never : { status: 200, fields: [], body: request.path };

function statusesOf(text: string): string[] {
  return Array.from(text.matchAll(/HTTP\/1\.1 (\d+)/g), ([, status = '']) => status);
}

/** Resolves when a deadline has passed that began after all those that run now. */
async function oneMoreTimeout(server: TestListener): Promise<void> {
  using other = await server.connect();
  other.send(requestText('GET /never'));
  assert.match(await other.reply(), /^HTTP\/1\.1 503 /);
}

suite('an answer that does not begin by the request deadline', () => {
  test('is a 503 without Retry-After, and the connection goes on (RFC9110§15.6.4)', async () => {
    const reason = gate<Error>();
    await using server = await TestListener.open(
      (request) => {
        request.onAbort(reason.resolve);
        return some(request);
      },
      { settings },
    );
    using client = await server.connect();
    client.send(requestText('GET /never'));
    const reply = await client.reply();
    assert.match(reply, /^HTTP\/1\.1 503 Service Unavailable\r\n[\s\S]*\r\n\r\n503 Service Unavailable\n$/);
    assert.doesNotMatch(reply, /retry-after|connection: close/);
    assert.ok((await reason.promise) instanceof DOMException);
    assert.equal((await reason.promise).name, 'TimeoutError');
    client.send(requestText('GET /next'));
    assert.match(await client.reply(), /^HTTP\/1\.1 200 [\s\S]*\/next$/);
    assert.deepEqual(
      server.timeouts.map(({ method, target }) => [method, target]),
      [['GET', '/never']],
    );
    const { afterMs = 0 } = server.timeouts[0] ?? {};
    assert.ok(Number.isInteger(afterMs) && afterMs >= SHORT_MS, `${afterMs}`);
    assert.deepEqual([server.failures, server.refusals], [[], []]);
  });

  test('leaves those pipelined behind it their answers, in their order (RFC9112§9.3.2)', async () => {
    await using server = await TestListener.open(some, { settings });
    using client = await server.connect();
    client.send(['/1', '/never', '/2', '/never', '/3'].map((path) => requestText(`GET ${path}`)).join(''));
    const bodies = [];
    for (let n = 0; n < 5; n += 1) bodies.push((await client.reply()).split('\r\n\r\n')[1]);
    const late = '503 Service Unavailable\n';
    assert.deepEqual(bodies, ['/1', late, '/2', late, '/3']);
  });

  test('has no content for HEAD (RFC9110§9.3.2)', async () => {
    await using server = await TestListener.open(some, { settings });
    using client = await server.connect();
    client.send(requestText('HEAD /never') + requestText('GET /next'));
    assert.match(await client.reply({ isHead: true }), /^HTTP\/1\.1 503 [\s\S]*content-length: 24\r\n/);
    assert.match(await client.reply(), /^HTTP\/1\.1 200 /);
  });

  test('ends the connection of an HTTP/1.0 client that asked for nothing else (RFC9112§9.3)', async () => {
    await using server = await TestListener.open(some, { settings });
    using client = await server.connect();
    client.send('GET /never HTTP/1.0\r\n\r\n');
    const { text, end } = await client.rest();
    assert.match(text, /^HTTP\/1\.1 503 [\s\S]*connection: close\r\n/);
    assert.equal(end, 'fin');
  });

  test('says close while the server drains, whose end does not wait for the handler', async () => {
    const called = gate();
    await using server = await TestListener.open(
      () => {
        called.resolve();
        return never;
      },
      { settings },
    );
    using client = await server.connect();
    client.send(requestText('GET /'));
    await called.promise;
    const drained = server.listener.drain(0);
    const { text, end } = await client.rest();
    assert.match(text, /^HTTP\/1\.1 503 [\s\S]*connection: close\r\n/);
    assert.equal(end, 'fin');
    client.halfClose();
    await drained;
  });

  test('reaches a client that has ended its side, behind the probe that it was sent (RFC9112§9.6)', async () => {
    await using server = await TestListener.open(some, { settings: { ...settings, peerProbeMs: 5 } });
    using client = await server.connect();
    client.send(requestText('GET /never'));
    client.halfClose();
    const { text, end } = await client.rest();
    // A turn that was late by itself sees both at once, and has nothing left to look after.
    assert.match(statusesOf(text).join(), /^(100,)?503$/);
    assert.match(text, /connection: close\r\n/);
    assert.equal(end, 'fin');
  });

  test('is the answer to each request of a client that has ended its side behind them', async () => {
    await using server = await TestListener.open(some, { settings });
    const text = await server.exchange(requestText('GET /never') + requestText('GET /last'));
    assert.deepEqual(statusesOf(text), ['503', '200']);
  });
});

suite('the request deadline', () => {
  test('does not cut an answer that has begun', async () => {
    const goOn = gate();
    async function* content(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a');
      await goOn.promise;
      yield Buffer.from('b');
    }
    await using server = await TestListener.open(
      async (request) =>
        request.path === '/stream' ? { status: 200, fields: [], body: content() } : some(request),
      { settings },
    );
    using client = await server.connect();
    client.send(requestText('GET /stream'));
    await client.until('1\r\na\r\n');
    await oneMoreTimeout(server);
    goOn.resolve();
    assert.equal(await client.until('0\r\n\r\n'), '1\r\nb\r\n0\r\n\r\n');
    assert.equal(server.timeouts.length, 1);
  });

  test('cannot pass for an answer that is given without a promise, however long it took', async () => {
    await using server = await TestListener.open(
      (request) => {
        const busyUntil = performance.now() + 2 * SHORT_MS;
        while (performance.now() < busyUntil);
        return some(request);
      },
      { settings },
    );
    using client = await server.connect();
    client.send(requestText('GET /slow'));
    assert.match(await client.reply(), /^HTTP\/1\.1 200 /);
    assert.deepEqual(server.timeouts, []);
  });

  test('of one request is not that of the next, whose content comes behind its answer', async () => {
    await using server = await TestListener.open(
      (request) => (request.path === '/promised' ? Promise.resolve(some(request) as Reply) : some(request)),
      { settings },
    );
    using client = await server.connect();
    client.send(requestText('GET /promised'));
    await client.reply();
    client.send(requestText('POST /sync', 'Content-Length: 2'));
    assert.match(await client.reply(), /^HTTP\/1\.1 200 /);
    await oneMoreTimeout(server);
    client.send(`ab${requestText('GET /next')}`);
    assert.match(await client.reply(), /^HTTP\/1\.1 200 [\s\S]*\/next$/);
    assert.equal(server.timeouts.length, 1);
  });
});

suite('the content of a request that timed out', () => {
  const collected: { error: unknown }[] = [];
  const collecting: Handler = async (request) => {
    await request.body?.collect(1000).catch((error: unknown) => {
      collected.push({ error });
      throw error;
    });
    return never;
  };

  test('where it was unfinished fails its reader, and what comes of it is no request (RFC9112§9.3)', async () => {
    const requests: IncomingRequest[] = [];
    await using server = await TestListener.open(
      (request) => {
        requests.push(request);
        return collecting(request);
      },
      { settings },
    );
    for (const framing of ['Content-Length: 1000', 'Transfer-Encoding: chunked']) {
      using client = await server.connect();
      client.send(`${requestText('POST /', framing)}3\r\nabc\r\n`);
      await client.until('503 Service Unavailable\n');
      client.send(requestText('GET /smuggled'));
      assert.deepEqual(await client.rest(), { text: '', end: 'fin' });
      const { error } = collected.pop() ?? {};
      assert.ok(error instanceof BodyError);
      assert.equal(error.code, 'body-incomplete');
      assert.equal((error.cause as Error).name, 'TimeoutError');
    }
    assert.deepEqual(
      requests.map(({ path }) => path),
      ['/', '/'],
    );
    assert.deepEqual([server.failures, server.refusals], [[], []]);
  });

  test('where the client waits for a 100 is not asked for any more (RFC9110§10.1.1)', async () => {
    let request: IncomingRequest | undefined;
    await using server = await TestListener.open(
      (incoming) => {
        request = incoming;
        return never;
      },
      { settings },
    );
    using client = await server.connect();
    client.send(requestText('POST /', 'Content-Length: 2', 'Expect: 100-continue'));
    const { text } = await client.rest();
    assert.deepEqual(statusesOf(text), ['503']);
    assert.match(text, /connection: close\r\n/);
    await assert.rejects(request?.body?.collect(10) ?? never, { code: 'body-incomplete' });
  });

  test('where it had come whole leaves the connection open, and stays to be read', async () => {
    let request: IncomingRequest | undefined;
    await using server = await TestListener.open(
      (incoming) => {
        request ??= incoming;
        return some(incoming);
      },
      { settings },
    );
    using client = await server.connect();
    client.send(`${requestText('POST /never', 'Content-Length: 2')}hi`);
    assert.match(await client.reply(), /^HTTP\/1\.1 503 /);
    client.send(requestText('GET /next'));
    assert.match(await client.reply(), /^HTTP\/1\.1 200 /);
    assert.equal(`${await request?.body?.collect(10)}`, 'hi');
  });
});

suite('what a handler gives behind the request deadline', () => {
  /** Has `/late` answered with what the test gives, when it gives it, which is behind the 503. */
  async function give(late: (answer: PromiseWithResolvers<Reply>) => void, unfinished = false) {
    const answer = gate<Reply>();
    const next = gate<Reply>();
    const nextCalled = gate();
    await using server = await TestListener.open(
      ({ path }) => {
        if (path === '/late') return answer.promise;
        nextCalled.resolve();
        return next.promise;
      },
      { settings: { requestTimeoutMs: 100 } },
    );
    using client = await server.connect();
    client.send(unfinished ? requestText('POST /late', 'Content-Length: 2') : requestText('GET /late'));
    await client.until('503 Service Unavailable\n');
    // The next request waits for its answer, which must not be the one that comes now.
    if (!unfinished) {
      client.send(requestText('GET /next'));
      await nextCalled.promise;
    }
    late(answer);
    await answer.promise.catch(() => undefined);
    next.resolve({ status: 200, fields: [], body: 'of the next' });
    if (!unfinished) assert.match(await client.reply(), /^HTTP\/1\.1 200 [\s\S]*of the next$/);
    else assert.deepEqual(await client.rest(), { text: '', end: 'fin' });
    assert.equal(server.timeouts.length, 1);
    assert.deepEqual(server.failures, []);
  }

  for (const unfinished of [false, true]) {
    const name = unfinished ? 'behind unfinished content' : 'behind a whole request';

    test(`is let go: a stream is cancelled, a file released (${name})`, async () => {
      let returned = 0;
      let released = 0;
      const stream = {
        [Symbol.asyncIterator]: () => ({
          next: () => Promise.reject(new Error('pulled')),
          return: () => {
            returned += 1;
            return Promise.resolve({ done: true as const, value: undefined });
          },
        }),
      };
      const file = { fd: -1, start: 0, end: 5, release: () => (released += 1) };
      for (const body of [stream, file]) {
        await give(({ resolve }) => resolve({ status: 200, fields: [], body }), unfinished);
      }
      assert.deepEqual([returned, released], [1, 1]);
    });

    test(`is no failure where it throws (${name})`, async () => {
      await give(({ reject }) => reject(new Error('the signal told me to stop')), unfinished);
    });
  }
});
