import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Reply } from '#exchange/reply.ts';
import { gate, requestText, TestListener } from '../support/test-listener.ts';

/** Content whose next piece comes when it is given. */
class SlowContent implements AsyncIterable<Uint8Array> {
  readonly next = gate<string>();
  readonly returned = gate();

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      yield Buffer.from('first');
      yield Buffer.from(await this.next.promise);
    } finally {
      this.returned.resolve();
    }
  }
}

/** A client that has ended its side may wait, or be gone; the kernel does not tell which. */
suite('a client that ends its side while its answer is being made', () => {
  test('and is gone aborts the request, though nothing of the answer was written', async () => {
    const called = gate();
    const reason = gate<Error>();
    await using server = await TestListener.open(
      (request) => {
        request.onAbort(reason.resolve);
        called.resolve();
        return new Promise(() => {});
      },
      { settings: { peerProbeMs: 5 } },
    );
    using client = await server.connect();
    client.send(requestText('GET /'));
    await called.promise;
    client.socket.destroy();
    assert.match((await reason.promise).message, /closed the connection/);
    await server.settled();
  });

  test('and waits gets its answer behind an interim one (RFC9110§15.2, RFC9112§9.6)', async () => {
    const answer = gate<Reply>();
    await using server = await TestListener.open(() => answer.promise, { settings: { peerProbeMs: 5 } });
    using client = await server.connect();
    client.send(requestText('GET /'));
    client.halfClose();
    assert.equal(await client.until('\r\n\r\n'), 'HTTP/1.1 100 Continue\r\n\r\n');
    answer.resolve({ status: 200, fields: [], body: 'done' });
    const { text, end } = await client.rest();
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\nconnection: close\r\n[\s\S]*done$/);
    assert.equal(end, 'fin');
  });

  test('and waits is sent nothing besides where its answer is there in time', async () => {
    await using server = await TestListener.open(
      () => new Promise((resolve) => setImmediate(resolve, { status: 200, fields: [], body: 'x' })),
      { settings: { peerProbeMs: 5000 } },
    );
    assert.match(await server.exchange(requestText('GET /')), /^HTTP\/1\.1 200 /);
  });

  test('and is gone lets go of a streamed answer that waits for its next piece', async () => {
    const content = new SlowContent();
    const reason = gate<Error>();
    await using server = await TestListener.open(
      (request) => {
        request.onAbort(reason.resolve);
        return { status: 200, fields: [], body: content };
      },
      { settings: { peerProbeMs: 5 } },
    );
    using client = await server.connect();
    client.send(requestText('GET /'));
    await client.until('first\r\n');
    client.socket.destroy();
    await reason.promise;
    content.next.resolve('never sent');
    await content.returned.promise;
    await server.settled();
  });

  test('and waits gets the rest of a streamed answer, framed as ever (RFC9112§7.1)', async () => {
    const content = new SlowContent();
    await using server = await TestListener.open(() => ({ status: 200, fields: [], body: content }), {
      settings: { peerProbeMs: 5 },
    });
    using client = await server.connect();
    client.send(requestText('GET /'));
    client.halfClose();
    await client.until('first\r\n0');
    content.next.resolve('second');
    assert.deepEqual(await client.rest(), { text: '6\r\nsecond\r\n0\r\n\r\n', end: 'fin' });
  });

  test('and waits sees a stream that fails behind the probe as cut, not as ended (RFC9112§8)', async () => {
    const content = new SlowContent();
    await using server = await TestListener.open(() => ({ status: 200, fields: [], body: content }), {
      settings: { peerProbeMs: 5 },
    });
    using client = await server.connect();
    client.send(requestText('GET /'));
    client.halfClose();
    await client.until('first\r\n0');
    content.next.reject(new Error('midway'));
    assert.equal((await client.rest()).end, 'reset');
  });

  test('and speaks HTTP/1.0 gets no interim answer (RFC9110§15.2)', async () => {
    const answer = gate<Reply>();
    const probed = gate();
    await using server = await TestListener.open(
      (request) => {
        if (request.minorVersion === 0) return answer.promise;
        // Another connection of the same age was probed: so was this one.
        return new Promise(() => request.onAbort(() => probed.resolve()));
      },
      { settings: { peerProbeMs: 5 } },
    );
    using old = await server.connect();
    old.send('GET / HTTP/1.0\r\n\r\n');
    old.halfClose();
    using gone = await server.connect();
    gone.send(requestText('GET /'));
    gone.socket.end(() => gone.socket.destroy());
    await probed.promise;
    answer.resolve({ status: 200, fields: [], body: 'x' });
    assert.match((await old.rest()).text, /^HTTP\/1\.1 200 /);
  });
});

suite('a client that is not read from', () => {
  test('and resets the connection aborts its request', async () => {
    const reason = gate<Error>();
    const called = gate();
    await using server = await TestListener.open(
      (request) => {
        request.onAbort(reason.resolve);
        called.resolve();
        return new Promise(() => {});
      },
      { settings: { peerProbeMs: 5 } },
    );
    for (const bytes of [
      `${requestText('POST /', 'Content-Length: 300000')}${'x'.repeat(299_000)}`,
      requestText('GET /') + requestText('GET /').repeat(6000),
    ]) {
      using client = await server.connect();
      client.send(bytes);
      await called.promise;
      // All of it has left: what is not read waits on the other side.
      await new Promise((resolve) => client.socket.write('', resolve));
      client.reset();
      assert.match((await reason.promise).message, /closed the connection/);
    }
    await server.settled();
  });
});
