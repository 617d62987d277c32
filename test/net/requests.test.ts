import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Handler } from '#exchange/handler.ts';
import type { IncomingRequest } from '#exchange/incoming-request.ts';
import { requestText, TestListener } from '../support/test-listener.ts';

const echoPath: Handler = (request) => ({ status: 200, fields: [], body: request.path });

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

suite('requests on a connection', () => {
  test('are answered one after another on the same connection (RFC9112§9.3)', async () => {
    await using server = await TestListener.open(echoPath);
    using client = await server.connect();
    for (const path of ['/a', '/b', '/c']) {
      client.send(requestText(`GET ${path}`));
      assert.ok((await client.reply()).endsWith(`\r\n\r\n${path}`));
    }
    assert.equal(server.listener.connectionCount, 1);
  });

  test('are answered in their order, 100 at once, whatever kind the answers are (RFC9112§9.3.2)', async () => {
    await using server = await TestListener.open((request) => {
      const number = Number(request.path.slice(1));
      const reply = { status: 200, fields: [], body: request.path };
      switch (number % 5) {
        case 0:
          return Promise.resolve(reply);
        case 1:
          return { status: 200, fields: [], body: pieces(request.path) };
        case 2:
          return new Promise((resolve) => setImmediate(resolve, reply));
        case 3:
          return { status: 200, fields: [], body: Buffer.from(request.path) };
        default:
          return reply;
      }
    });
    const paths = Array.from({ length: 100 }, (_, number) => `/${number}`);
    const text = await server.exchange(paths.map((path) => requestText(`GET ${path}`)).join(''));
    assert.deepEqual(text.match(/(?<=\r\n)\/\d+/g), paths);
    assert.equal(text.match(/HTTP\/1\.1 200 OK/g)?.length, 100);
  });

  test('are answered up to a malformed one; behind its 400 nothing is read (RFC9112§9.3)', async () => {
    const seen: string[] = [];
    await using server = await TestListener.open((request) => {
      seen.push(request.path);
      return echoPath(request);
    });
    using client = await server.connect();
    client.send(`${requestText('GET /1')}${requestText('GET /2')}BAD LINE\r\n\r\n${requestText('GET /3')}`);
    const { text, end } = await client.rest();
    assert.deepEqual(text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 400']);
    assert.match(text, /\r\nconnection: close\r\n(?![\s\S]*HTTP)/);
    assert.equal(end, 'fin');
    assert.deepEqual(seen, ['/1', '/2']);
    assert.equal(server.refusals.length, 1);
  });

  test('of HTTP/1.0 keep the connection only where they ask for it (RFC9112§9.3)', async () => {
    await using server = await TestListener.open(echoPath);
    using client = await server.connect();
    client.send('GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    assert.match(await client.reply(), /\r\nconnection: keep-alive\r\n/);
    client.send('GET /2 HTTP/1.0\r\n\r\n');
    const { text, end } = await client.rest();
    assert.match(text, /\r\nconnection: close\r\n[\s\S]*\/2$/);
    assert.equal(end, 'fin');
  });

  test('behind close, asked for or said, are not processed (RFC9112§9.6)', async () => {
    const seen: string[] = [];
    await using server = await TestListener.open((request) => {
      seen.push(request.path);
      return request.path === '/streamed'
        ? { status: 200, fields: [], body: pieces('a') }
        : echoPath(request);
    });
    for (const first of [
      requestText('GET /asked', 'Connection: close'),
      'GET /old HTTP/1.0\r\n\r\n',
      'GET /streamed HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
      `${requestText('POST /unread', 'Transfer-Encoding: chunked')}5\r\nhel`,
      requestText('POST /waits', 'Expect: 100-continue', 'Content-Length: 70'),
    ]) {
      using client = await server.connect();
      client.send(first);
      await client.until('\r\n\r\n');
      client.send(requestText('GET /never'));
      assert.doesNotMatch((await client.rest()).text, /HTTP\/1\.1/);
    }
    assert.deepEqual(seen, ['/asked', '/old', '/streamed', '/unread', '/waits']);
  });

  test('that ask for an upgrade are answered in HTTP/1.1, whatever their version (RFC9110§7.8)', async () => {
    await using server = await TestListener.open(echoPath);
    for (const version of ['1.0', '1.1']) {
      const head = `GET / HTTP/${version}\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
      const reply = await server.exchange(head);
      assert.match(reply, /^HTTP\/1\.1 200 OK\r\n/);
      assert.doesNotMatch(reply, /upgrade/i);
    }
  });

  test('have the date of their moment (RFC9110§6.6.1)', async () => {
    await using server = await TestListener.open(echoPath);
    using client = await server.connect();
    const dateOf = async () => {
      const before = Math.floor(Date.now() / 1000) * 1000;
      client.send(requestText('GET /'));
      const date = Date.parse(/\r\ndate: ([^\r]*)\r\n/.exec(await client.reply())?.[1] ?? '');
      assert.ok(date >= before && date <= Date.now(), `${date}`);
      return date;
    };
    const first = await dateOf();
    while ((await dateOf()) === first);
  });

  test('of a client that has ended its side are still answered (RFC9112§9.6)', async () => {
    await using server = await TestListener.open(
      (request) => new Promise((resolve) => setImmediate(resolve, echoPath(request))),
    );
    const text = await server.exchange(requestText('GET /1') + requestText('GET /2'));
    assert.deepEqual(text.match(/\/\d$|\/\d(?=HTTP)/g), ['/1', '/2']);
  });

  test('whose handler has no answer get 404', async () => {
    await using server = await TestListener.open((request) =>
      request.path === '/sync' ? undefined : Promise.resolve(undefined),
    );
    const text = await server.exchange(requestText('GET /sync') + requestText('GET /async'));
    assert.equal(text.match(/HTTP\/1\.1 404 Not Found/g)?.length, 2);
  });

  test('whose handler fails get a bare 500, the event has the error, and the connection lives on', async () => {
    const error = new Error('secret');
    await using server = await TestListener.open((request) => {
      if (request.path === '/reject') return Promise.reject(error);
      if (request.path === '/throw') throw error;
      return echoPath(request);
    });
    const text = await server.exchange(
      requestText('GET /throw') + requestText('GET /reject') + requestText('GET /fine'),
    );
    assert.deepEqual(text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 500', 'HTTP/1.1 500', 'HTTP/1.1 200']);
    assert.doesNotMatch(text, /secret/);
    assert.deepEqual(
      server.failures.map((failure) => [failure.target, failure.error]),
      [
        ['/throw', error],
        ['/reject', error],
      ],
    );
  });

  test('whose answer has a CR LF in a field get 500, and the content is let go', async () => {
    let released = 0;
    let returned = 0;
    const file = { fd: -1, start: 0, end: 5, release: () => (released += 1) };
    const stream = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new Error('pulled')),
        return: () => {
          returned += 1;
          return Promise.resolve({ done: true as const, value: undefined });
        },
      }),
    };
    const bodies = ['text', file, stream];
    await using server = await TestListener.open(() => ({
      status: 200,
      fields: ['x-evil', 'a\r\nset-cookie: b'],
      body: bodies.shift(),
    }));
    const text = await server.exchange(requestText('GET /').repeat(3));
    assert.equal(text.match(/HTTP\/1\.1 500 /g)?.length, 3);
    assert.doesNotMatch(text, /cookie/);
    assert.equal(server.failures.length, 3);
    assert.deepEqual([released, returned], [1, 1]);
  });

  test('that were answered are not aborted by the end of their connection', async () => {
    const told: string[] = [];
    const requests: IncomingRequest[] = [];
    await using server = await TestListener.open((request) => {
      requests.push(request);
      request.onAbort(() => told.push('before'));
      return echoPath(request);
    });
    using client = await server.connect();
    client.send(requestText('GET /'));
    await client.reply();
    client.reset();
    await server.settled();
    requests[0]!.onAbort(() => told.push('after'));
    assert.deepEqual(told, []);
  });

  test('are not read ahead of a client that does not read its answers', async () => {
    let answered = 0;
    await using server = await TestListener.open(() => {
      answered += 1;
      return { status: 200, fields: [], body: 'x'.repeat(4000) };
    });
    using client = await server.connect({ isReading: false });
    const count = 10_000;
    client.send(requestText('GET /').repeat(count));
    // Behind the unread answers a second client is served; by then the first must be held back.
    for (let last = -1; last !== answered; ) {
      last = answered;
      using other = await server.connect();
      other.send(requestText('GET /other'));
      await other.reply();
      answered -= 1;
    }
    assert.ok(answered < count, `${answered} of ${count} answered`);
    client.halfClose();
    client.readOn();
    const { text } = await client.rest();
    assert.equal(text.match(/HTTP\/1\.1 200 OK/g)?.length, count);
  });
});

suite('answers without content', () => {
  test('to HEAD have the length of the content and none of it (RFC9110§9.3.2)', async () => {
    const bodies = ['text', Buffer.from('bytes'), 'x'.repeat(100_000), Buffer.alloc(200_000)];
    await using server = await TestListener.open(() => ({ status: 200, fields: [], body: bodies.shift() }));
    const text = await server.exchange(requestText('HEAD /').repeat(4));
    assert.deepEqual(text.match(/content-length: \d+/g), [
      'content-length: 4',
      'content-length: 5',
      'content-length: 100000',
      'content-length: 200000',
    ]);
    assert.equal(text.split('\r\n\r\n').length, 5);
  });

  test('return a stream without pulling it, and release a file, for HEAD, 204, 205 and 304 (RFC9110§6.4.1)', async () => {
    let pulled = 0;
    let returned = 0;
    let released = 0;
    const stream = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          pulled += 1;
          return Promise.resolve({ done: false as const, value: Buffer.from('x') });
        },
        return: () => {
          returned += 1;
          return Promise.resolve({ done: true as const, value: undefined });
        },
      }),
    };
    await using server = await TestListener.open((request) => ({
      status: Number(request.path.slice(1, 4)),
      fields: [],
      body: request.path.endsWith('file')
        ? { fd: -1, start: 0, end: 10, release: () => (released += 1) }
        : stream,
    }));
    const lines = ['HEAD /200', 'GET /204', 'GET /205', 'GET /304'];
    const text = await server.exchange(
      lines.map((line) => requestText(`${line}-stream`) + requestText(`${line}-file`)).join(''),
    );
    assert.equal(text.match(/HTTP\/1\.1 /g)?.length, 8);
    assert.ok(text.endsWith('\r\n\r\n'));
    assert.deepEqual([pulled, returned, released], [0, 4, 4]);
  });
});
