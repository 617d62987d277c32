import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Handler } from '#exchange/handler.ts';
import { gate, requestText, TestListener } from '../support/test-listener.ts';

const SHORT_MS = 30;

const ok: Handler = () => ({ status: 200, fields: [], body: 'ok' });
const collecting: Handler = async (request) => {
  await request.body?.collect(1_000_000);
  return { status: 200, fields: [], body: 'ok' };
};

suite('the deadline for a head', () => {
  test('gets 408 where a part of it has come (RFC9110§15.5.9)', async () => {
    await using server = await TestListener.open(ok, { settings: { headMs: SHORT_MS } });
    using client = await server.connect();
    client.send('GET / HTTP/1.1\r\nHost');
    const { text, end } = await client.rest();
    assert.match(text, /^HTTP\/1\.1 408 [\s\S]*\r\nconnection: close\r\n/);
    assert.equal(end, 'fin');
    assert.deepEqual(server.refusals, ['head-timeout']);
  });

  test('ends a connection that never said a word, in silence', async () => {
    await using server = await TestListener.open(ok, { settings: { headMs: SHORT_MS } });
    using client = await server.connect();
    assert.deepEqual(await client.rest(), { text: '', end: 'fin' });
    assert.deepEqual(server.refusals, []);
  });

  test('is not moved by the bytes of the head', async () => {
    await using server = await TestListener.open(ok, { settings: { headMs: 100 } });
    using client = await server.connect();
    client.send('GET / HTTP/1.1\r\nX: ');
    const timer = setInterval(() => client.send('x'), 10);
    const { text } = await client.rest().finally(() => clearInterval(timer));
    assert.match(text, /^HTTP\/1\.1 408 /);
  });

  test('of a second request begins with its first byte, however long the connection was idle', async () => {
    await using server = await TestListener.open(ok, { settings: { keepAliveMs: 60 } });
    using client = await server.connect();
    client.send(`${requestText('GET /')}G`);
    await client.reply();
    // By the end of another connection's idle time, that of this one would be over too.
    using other = await server.connect();
    other.send(requestText('GET /'));
    await other.rest();
    client.send(requestText('GET /').slice(1));
    assert.match(await client.reply(), /200 OK/);
  });
});

suite('the deadline for an idle connection', () => {
  test('ends it without a word behind its last answer', async () => {
    await using server = await TestListener.open(ok, { settings: { keepAliveMs: SHORT_MS } });
    using client = await server.connect();
    client.send(requestText('GET /'));
    const { text, end } = await client.rest();
    assert.match(text, /ok$/);
    assert.equal(end, 'fin');
    assert.deepEqual(server.refusals, []);
  });
});

suite('the deadline for content', () => {
  for (const [name, settings] of Object.entries({
    idle: { bodyIdleMs: SHORT_MS },
    'least rate': { bodyGraceMs: SHORT_MS, minBodyBytesPerSecond: 1_000_000 },
  })) {
    test(`gets 408 where the handler waits for it (${name}, RFC9110§15.5.9)`, async () => {
      await using server = await TestListener.open(collecting, { settings });
      using client = await server.connect();
      client.send(`${requestText('POST /', 'Content-Length: 1000')}x`);
      const timer = name === 'idle' ? undefined : setInterval(() => client.send('x'), 5);
      const { text, end } = await client.rest().finally(() => clearInterval(timer));
      assert.match(text, /^HTTP\/1\.1 408 [\s\S]*\r\nconnection: close\r\n/);
      assert.equal(end, 'fin');
      assert.deepEqual(server.refusals, ['body-timeout']);
    });
  }

  test('does not run while the handler does not wait for it', async () => {
    const goOn = gate();
    await using server = await TestListener.open(
      async (request) => {
        if (request.path === '/quick') return collecting(request);
        await goOn.promise;
        return collecting(request);
      },
      { settings: { bodyIdleMs: SHORT_MS } },
    );
    using client = await server.connect();
    client.send(requestText('POST /', 'Content-Length: 2'));
    // Another connection's deadline passes meanwhile.
    using other = await server.connect();
    other.send(requestText('POST /quick', 'Content-Length: 2'));
    assert.match((await other.rest()).text, /408/);
    goOn.resolve();
    client.send('hi');
    assert.match(await client.reply(), /200 OK/);
  });

  test('counts from when the handler begins to wait, though the thread was busy before', async () => {
    await using server = await TestListener.open(
      async (request) => {
        await new Promise(setImmediate);
        const busyUntil = performance.now() + 60;
        while (performance.now() < busyUntil);
        return collecting(request);
      },
      { settings: { bodyIdleMs: 50 } },
    );
    using client = await server.connect();
    client.send(requestText('POST /', 'Content-Length: 2', 'Expect: 100-continue'));
    assert.equal(await client.until('\r\n\r\n'), 'HTTP/1.1 100 Continue\r\n\r\n');
    client.send('hi');
    assert.match(await client.reply(), /200 OK/);
  });

  test('ends a connection whose rest of content does not come behind the answer', async () => {
    await using server = await TestListener.open(ok, { settings: { bodyIdleMs: SHORT_MS } });
    using client = await server.connect();
    client.send(requestText('POST /', 'Content-Length: 100'));
    const { text, end } = await client.rest();
    assert.equal(text.match(/HTTP/g)?.length, 1);
    assert.equal(end, 'fin');
  });
});

suite('the deadline for a peer that does not read', () => {
  const big = Buffer.alloc(30_000_000);
  const endless: AsyncIterable<Uint8Array> = {
    async *[Symbol.asyncIterator]() {
      for (;;) yield big.subarray(0, 100_000);
    },
  };

  for (const [name, body] of Object.entries({ bytes: big, text: 'x'.repeat(30_000_000), stream: endless })) {
    test(`cuts the answer (${name})`, async () => {
      const aborted = gate<Error>();
      await using server = await TestListener.open(
        (request) => {
          request.onAbort(aborted.resolve);
          return { status: 200, fields: [], body };
        },
        { settings: { writeStallMs: SHORT_MS } },
      );
      using client = await server.connect({ isReading: false });
      client.send(requestText('GET /'));
      assert.match((await aborted.promise).message, /did not read/);
      await server.settled();
      client.readOn();
      assert.ok((await client.rest()).text.length < 30_000_000);
      assert.deepEqual(server.failures, []);
    });
  }

  test('is not moved by what the peer sends', async () => {
    const aborted = gate<Error>();
    await using server = await TestListener.open(
      (request) => {
        request.onAbort(aborted.resolve);
        return { status: 200, fields: [], body: endless };
      },
      { settings: { writeStallMs: 100 } },
    );
    using client = await server.connect({ isReading: false });
    client.send(requestText('GET /'));
    const timer = setInterval(() => client.send('x'), 10);
    assert.match((await aborted.promise.finally(() => clearInterval(timer))).message, /did not read/);
  });

  test('leaves a late reader its pipelined answers, however short the idle and linger times', async () => {
    const body = 'x'.repeat(65_536);
    for (const fields of [[], ['Connection: close']]) {
      await using server = await TestListener.open(() => ({ status: 200, fields: [], body }), {
        settings: { keepAliveMs: 1, lingerMs: 1 },
      });
      using client = await server.connect({ isReading: false });
      const count = 200;
      client.send(requestText('GET /').repeat(count - 1) + requestText('GET /', ...fields));
      // Another connection's idle time passes meanwhile.
      using other = await server.connect();
      other.send(requestText('GET /'));
      await other.rest();
      client.readOn();
      const { text } = await client.rest();
      assert.equal(text.match(/HTTP\/1\.1 200/g)?.length, count);
      assert.equal(text.match(/x/g)?.length, count * body.length);
    }
  });
});

suite('the deadline for a peer to end its side', () => {
  test('destroys a connection that is closed on our side only', async () => {
    await using server = await TestListener.open(ok, { settings: { lingerMs: SHORT_MS } });
    using client = await server.connect();
    client.send(requestText('GET /', 'Connection: close'));
    assert.match((await client.rest()).text, /ok$/);
    await server.settled();
    assert.equal(server.listener.connectionCount, 0);
  });
});
