import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { suite, test } from 'node:test';
import type { Handler } from '#exchange/handler.ts';
import type { Reply } from '#exchange/reply.ts';
import { gate, requestText, TestListener } from '../support/test-listener.ts';

const ok: Handler = (request) => ({ status: 200, fields: [], body: request.path });

suite('drain', () => {
  test('ends idle connections with FIN after the grace, in which requests are still answered', async () => {
    await using server = await TestListener.open(ok);
    using idle = await server.connect();
    idle.send(requestText('GET /before'));
    await idle.reply();
    using late = await server.connect();
    late.send(requestText('GET /before'));
    await late.reply();
    const drained = server.listener.drain(50);
    late.send(requestText('GET /late'));
    const answered = await late.rest();
    assert.match(answered.text, /\r\nconnection: close\r\n[\s\S]*\/late$/);
    assert.equal(answered.end, 'fin');
    assert.deepEqual(await idle.rest(), { text: '', end: 'fin' });
    late.halfClose();
    idle.halfClose();
    await drained;
    assert.equal(server.listener.connectionCount, 0);
  });

  test('lets requests in flight be answered, says close, and ends with FIN', async () => {
    const called = gate();
    const answer = gate<Reply>();
    await using server = await TestListener.open(() => {
      called.resolve();
      return answer.promise;
    });
    using client = await server.connect();
    client.send(requestText('GET /'));
    await called.promise;
    const drained = server.listener.drain(0);
    answer.resolve({ status: 200, fields: [], body: 'done' });
    const { text, end } = await client.rest();
    assert.match(text, /\r\nconnection: close\r\n[\s\S]*done$/);
    assert.equal(end, 'fin');
    client.halfClose();
    await drained;
  });

  test('leaves requests unprocessed that were pipelined behind the answer that says close (RFC9112§9.6)', async () => {
    const called = gate();
    const answer = gate<Reply>();
    let count = 0;
    await using server = await TestListener.open(() => {
      count += 1;
      called.resolve();
      return answer.promise;
    });
    using client = await server.connect();
    client.send(requestText('GET /1') + requestText('GET /2'));
    await called.promise;
    void server.listener.drain(0);
    answer.resolve({ status: 200, fields: [], body: 'done' });
    assert.equal((await client.rest()).text.match(/HTTP\/1\.1/g)?.length, 1);
    assert.equal(count, 1);
  });

  test('lets a head that has begun be completed', async () => {
    await using server = await TestListener.open(ok);
    using client = await server.connect();
    client.send(`${requestText('GET /1')}G`);
    await client.reply();
    void server.listener.drain(0);
    using other = await server.connect();
    other.send('BAD\r\n\r\n');
    await other.rest();
    client.send(requestText('GET /2').slice(1));
    assert.match((await client.rest()).text, /\r\nconnection: close\r\n[\s\S]*\/2$/);
  });
});

suite('abort', () => {
  test('lists the requests that lost their answers, and no others', async () => {
    const called = gate();
    const streamed = gate();
    await using server = await TestListener.open((request) => {
      if (request.path === '/waits') {
        called.resolve();
        return new Promise(() => undefined);
      }
      if (request.path !== '/streams') return ok(request);
      const body = (async function* () {
        yield Buffer.from('begun');
        streamed.resolve();
        await new Promise(() => undefined);
      })();
      return { status: 200, fields: [], body };
    });
    using waiting = await server.connect();
    waiting.send(requestText('POST /waits', 'Content-Length: 0'));
    using streaming = await server.connect();
    streaming.send(requestText('GET /streams'));
    using idle = await server.connect();
    idle.send(requestText('GET /idle'));
    await idle.reply();
    using answered = await server.connect();
    answered.send(requestText('POST /answered', 'Content-Length: 10'));
    await answered.reply();
    await Promise.all([called.promise, streamed.promise]);
    assert.deepEqual(
      server.listener.abort().toSorted((a, b) => (a.target < b.target ? -1 : 1)),
      [
        { method: 'GET', target: '/streams' },
        { method: 'POST', target: '/waits' },
      ],
    );
    await server.settled();
    assert.equal((await waiting.rest()).text, '');
    assert.doesNotMatch((await streaming.rest()).text, /0\r\n\r\n$/);
    assert.deepEqual(server.failures, []);
  });
});

suite('the gate for requests', () => {
  test('leaves one too many unanswered, with FIN, and delivers the answers before it', async () => {
    let left = 2;
    await using server = await TestListener.open(ok, { admit: () => left-- > 0 });
    using client = await server.connect();
    client.send(['/1', '/2', '/3', '/4'].map((path) => requestText(`GET ${path}`)).join(''));
    const { text, end } = await client.rest();
    assert.deepEqual(text.match(/\/\d(?=HTTP|$)/g), ['/1', '/2']);
    assert.equal(end, 'fin');
  });
});

suite('the limit of connections', () => {
  test('closes further ones at once, and takes others when one has gone', async () => {
    await using server = await TestListener.open(ok, { maxConnections: 1 });
    using first = await server.connect();
    first.send(requestText('GET /'));
    await first.reply();
    using second = await server.connect();
    assert.equal((await second.rest()).text, '');
    first.halfClose();
    await first.rest();
    await server.settled();
    using third = await server.connect();
    third.send(requestText('GET /third'));
    assert.match(await third.reply(), /\/third$/);
  });
});

suite('an answer that takes the connection over', () => {
  test('gets the socket and the unread bytes, behind the answers before it', async () => {
    await using server = await TestListener.open((request) =>
      request.path === '/take'
        ? {
            takeOver: (socket, unread) => {
              const raw = socket as Socket;
              raw.write(`[${Buffer.from(unread)}]`);
              raw.on('data', (chunk) => raw.end(`{${chunk}}`));
              raw.resume();
            },
          }
        : ok(request),
    );
    using client = await server.connect();
    client.send(`${requestText('GET /1')}${requestText('GET /take', 'Upgrade: x')}early`);
    assert.match(await client.until(']'), /\/1\[early\]$/);
    assert.equal(server.listener.connectionCount, 0);
    client.send('later');
    assert.deepEqual(await client.rest(), { text: '{later}', end: 'fin' });
  });

  test('and fails is a failure of the app that ends the connection', async () => {
    const error = new Error('no');
    await using server = await TestListener.open(() => ({
      takeOver: () => {
        throw error;
      },
    }));
    using client = await server.connect();
    client.send(requestText('GET /'));
    assert.equal((await client.rest()).text, '');
    assert.deepEqual(
      server.failures.map((failure) => failure.error),
      [error],
    );
  });
});
