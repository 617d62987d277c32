import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { errorReply } from '#exchange/error-reply.ts';
import type { ExchangeFollower, HandedExchange } from '#exchange/handed-exchange.ts';
import { appOfHandler, appOfServer, type NodeApp } from '#fetch/node-app.ts';
import { createNodeBridge } from '#fetch/node-bridge.ts';
import { RawClient } from '../support/raw-client.ts';
import { gate } from '../support/test-listener.ts';

const LIMITS = { headMs: 7000, keepAliveMs: 9000, maxHeadBytes: 4096, periodMs: 5 };
const HOST = 'Host: h\r\n\r\n';

/** A bridge with sockets of its own, and a follower that notes what it is told. */
class Bridge implements AsyncDisposable {
  readonly told: string[] = [];
  readonly failures: { readonly error: unknown; readonly outcome: string }[] = [];
  readonly exchanges: HandedExchange[] = [];
  readonly sockets: Socket[] = [];
  /** Whether requests are admitted. */
  isOpen = true;
  readonly #sockets = createSocketServer({ allowHalfOpen: true });
  #told = gate();

  static async open(app: NodeApp): Promise<Bridge> {
    const bridge = new Bridge();
    const taker = createNodeBridge(app, {
      limits: LIMITS,
      onError: (error, _, outcome) => bridge.failures.push({ error, outcome }),
      failureReply: () => errorReply(500),
    });
    bridge.#sockets.on('connection', (socket) => {
      bridge.sockets.push(socket);
      taker.take(socket, bridge.#follower);
    });
    bridge.#sockets.listen(0, '127.0.0.1');
    await once(bridge.#sockets, 'listening');
    taker.onListening(bridge.#sockets.address());
    taker.onListening(bridge.#sockets.address());
    return bridge;
  }

  connect(): Promise<RawClient> {
    return RawClient.open((this.#sockets.address() as AddressInfo).port);
  }

  /** Resolves when this has been told. */
  async until(what: string): Promise<void> {
    while (!this.told.includes(what)) {
      this.#told = gate();
      await this.#told.promise;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#sockets.close();
    await once(this.#sockets, 'close');
  }

  readonly #follower: ExchangeFollower = {
    keepsAccount: false,
    refuse: (status, code) => this.#tell(`refuse ${status} ${code}`),
    remoteAddress: '',
    begin: (exchange) => {
      this.exchanges.push(exchange);
      this.#tell(`begin ${exchange.method} ${exchange.target}`);
      return this.isOpen;
    },
    answer: (exchange) => this.#tell(`answer ${exchange.target}`),
    end: (exchange) => this.#tell(`end ${exchange.target}`),
    upgrade: ({ method, target }) => {
      this.#tell(`upgrade ${method} ${target}`);
      return this.isOpen;
    },
  };

  #tell(what: string): void {
    this.told.push(what);
    this.#told.resolve();
  }
}

function appOf(listener: RequestListener): NodeApp {
  return appOfHandler(listener, 'a function');
}

describe('a request of a Node app', () => {
  test('is followed from its head to the end of its answer, under the target that it came with', async () => {
    await using bridge = await Bridge.open(
      appOf((request, response) => {
        request.url = '/shortened';
        response.write('a');
        response.end('b');
      }),
    );
    using client = await bridge.connect();
    client.send(`GET /whole?a=b HTTP/1.1\r\n${HOST}`);
    await bridge.until('end /whole?a=b');
    assert.deepEqual(bridge.told, ['begin GET /whole?a=b', 'answer /whole?a=b', 'end /whole?a=b']);
    assert.equal(bridge.exchanges[0]?.isComplete, true);
  });

  test('is not given to an app where it is one too many', async () => {
    await using bridge = await Bridge.open(appOf(() => assert.fail('It was not to be asked.')));
    bridge.isOpen = false;
    using client = await bridge.connect();
    client.send(`GET / HTTP/1.1\r\n${HOST}`);
    await bridge.until('begin GET /');
    client.send(`GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: x\r\n${HOST}`);
    await bridge.until('begin GET /');
    assert.deepEqual(bridge.failures, []);
  });

  test('is given to every listener of a server, whenever it began to listen, with the server as this', async () => {
    const server = createServer();
    await using bridge = await Bridge.open(appOfServer(server, 'a server'));
    const heard: unknown[] = [];
    server.once('request', function (this: unknown) {
      heard.push(this === server);
    });
    server.on('request', (_, response: ServerResponse) => response.end(`${heard.length}`));
    using client = await bridge.connect();
    client.send(`GET / HTTP/1.1\r\n${HOST}GET / HTTP/1.1\r\n${HOST}`);
    await client.until('\r\n\r\n1');
    await client.until('\r\n\r\n1');
    assert.deepEqual(heard, [true]);
  });

  test('that wants 100 Continue is given to who asks for that', async () => {
    const server = createServer(() => assert.fail('It is for the other listener.'));
    server.on('checkContinue', (_, response: ServerResponse) => response.writeHead(417).end());
    await using bridge = await Bridge.open(appOfServer(server, 'a server'));
    using client = await bridge.connect();
    client.send(`PUT / HTTP/1.1\r\nContent-Length: 1\r\nExpect: 100-continue\r\n${HOST}`);
    assert.match(await client.until('\r\n\r\n'), /^HTTP\/1\.1 417 /);
    await bridge.until('end /');
    assert.deepEqual(bridge.told, ['begin PUT /', 'answer /', 'end /']);
  });

  test('ends when its client leaves', async () => {
    const closed: string[] = [];
    await using bridge = await Bridge.open(
      appOf((request, response) => {
        request.on('close', () => closed.push('request'));
        response.on('close', () => closed.push('response'));
      }),
    );
    const client = await bridge.connect();
    client.send(`GET / HTTP/1.1\r\n${HOST}`);
    await bridge.until('begin GET /');
    client.reset();
    await bridge.until('end /');
    await new Promise(setImmediate);
    assert.deepEqual(closed.sort(), ['request', 'response']);
  });

  test('whose answer is cut before the app has failed at that is no failure of the app', async () => {
    const failed = gate();
    await using bridge = await Bridge.open(
      appOf(async (request) => {
        try {
          for await (const _ of request);
        } finally {
          failed.resolve();
        }
      }),
    );
    const client = await bridge.connect();
    client.send(`PUT / HTTP/1.1\r\nContent-Length: 9\r\n${HOST}`);
    await bridge.until('begin PUT /');
    client.reset();
    await failed.promise;
    await bridge.until('end /');
    await new Promise(setImmediate);
    assert.deepEqual(bridge.failures, []);
  });
});

describe('an answer of a Node app', () => {
  async function answering(
    listener: RequestListener,
    fields = '',
    version = '1.1',
  ): Promise<{ bridge: Bridge; client: RawClient; exchange: HandedExchange; response: ServerResponse }> {
    const came = gate<{ request: IncomingMessage; response: ServerResponse }>();
    const bridge = await Bridge.open(
      appOf((request, response) => {
        listener(request, response);
        came.resolve({ request, response });
      }),
    );
    const client = await bridge.connect();
    client.send(`GET / HTTP/${version}\r\n${fields}${HOST}`);
    const { response } = await came.promise;
    return { bridge, client, exchange: bridge.exchanges[0] as HandedExchange, response };
  }

  test('has begun when something of it was sent, not when its head is made', async () => {
    const { bridge, client, exchange, response } = await answering((_, res) => void res.writeHead(200));
    await using _ = bridge;
    assert.deepEqual([bridge.told.at(-1), exchange.hasBegun], ['answer /', false]);
    response.write('x');
    await client.until('1\r\nx\r\n');
    assert.equal(exchange.hasBegun, true);
    client[Symbol.dispose]();
  });

  test('has begun where the app has taken the socket for something else', async () => {
    const { bridge, client, exchange } = await answering((_, res) => {
      if (res.socket !== null) res.detachSocket(res.socket);
    });
    await using _ = bridge;
    assert.equal(exchange.hasBegun, true);
    client[Symbol.dispose]();
  });

  test('is told to be the last while its head is not made', async () => {
    const { bridge, client, exchange, response } = await answering(() => undefined);
    await using _ = bridge;
    assert.equal(exchange.closeAfter(), true);
    response.end('x');
    assert.match((await client.rest()).text, /\r\nConnection: close\r\n/);
    assert.equal(exchange.closeAfter(), false);
  });

  test('without framing is known: its end is that of the connection (RFC9112§8)', async () => {
    const framed: readonly (readonly [RequestListener, string, boolean])[] = [
      [(_, res) => void res.write('x'), '1.0', true],
      [(_, res) => void res.write('x'), '1.1', false],
      [(_, res) => void res.writeHead(200, { 'Content-Length': 9 }).write('x'), '1.0', false],
      [(_, res) => void res.setHeader('Content-Length', 9).write('x'), '1.0', false],
      [() => undefined, '1.0', false],
    ];
    for (const [listener, version, isUnframed] of framed) {
      const { bridge, client, exchange } = await answering(listener, '', version);
      await using _ = bridge;
      assert.equal(exchange.isUnframed, isUnframed, String(listener));
      client[Symbol.dispose]();
    }
  });

  test('whose time is over is told so, and writes nothing more', async () => {
    const { bridge, client, exchange, response } = await answering((_, res) => void res.setHeader('x', 'y'));
    await using _ = bridge;
    const closed = once(response, 'close');
    exchange.timeOut();
    bridge.sockets[0]?.end('of the caller');
    await closed;
    assert.equal(exchange.hasTimedOut, true);
    response.setHeader('x', 'z');
    response.writeHead(200);
    response.write('too late');
    response.end('too late');
    assert.equal((await client.rest()).text, 'of the caller');
  });

  test('that is a stream of events is ended in its place, any other is not', async () => {
    const events = { 'Content-Type': 'text/event-stream; charset=utf-8' };
    const stream = await answering((_, res) => void res.writeHead(200, events).write('data: x\n\n'));
    await using _ = stream.bridge;
    assert.equal(stream.exchange.endEvents(), true);
    stream.response.write('data: y\n\n');
    stream.bridge.sockets[0]?.end();
    assert.match((await stream.client.rest()).text, /\r\n\r\n9\r\ndata: x\n\n\r\n0\r\n\r\n$/);
    const other = await answering(
      (_, res) => void res.writeHead(200, { 'content-type': 'text/plain' }).write('x'),
    );
    await using __ = other.bridge;
    assert.equal(other.exchange.endEvents(), false);
    other.response.end();
    assert.match(await other.client.until('0\r\n\r\n'), /1\r\nx\r\n/);
    other.client[Symbol.dispose]();
  });

  test('of a handler that throws is a 500 without what it had set; behind its head it is cut', async () => {
    const failure = new Error('out of order');
    for (const isAsync of [false, true]) {
      const fail = (): unknown => {
        if (isAsync) return Promise.reject(failure);
        throw failure;
      };
      const { bridge, client } = await answeringOnce((response) => {
        response.statusMessage = 'Fine';
        response.setHeader('x-secret', 'yes');
        return fail();
      });
      await using _ = bridge;
      const text = await client.until('500 Internal Server Error\n');
      assert.match(text, /^HTTP\/1\.1 500 Internal Server Error\r\n/);
      assert.doesNotMatch(text, /x-secret/);
      assert.deepEqual(bridge.failures, [{ error: failure, outcome: 'answered 500' }]);
      const cut = await answeringOnce((response) => {
        response.write('half');
        return fail();
      });
      await using __ = cut.bridge;
      assert.doesNotMatch((await cut.client.rest()).text, /\r\n0\r\n/);
      assert.equal(cut.bridge.failures[0]?.outcome, 'the connection was cut');
    }
  });

  async function answeringOnce(
    listener: (response: ServerResponse) => unknown,
  ): Promise<{ bridge: Bridge; client: RawClient }> {
    const bridge = await Bridge.open(appOf((_, response) => listener(response) as undefined));
    const client = await bridge.connect();
    client.send(`GET / HTTP/1.1\r\n${HOST}`);
    return { bridge, client };
  }

  for (const [what, returned] of [
    ['a Response', () => new Response('x')],
    ['a promise of one', async () => new Response('x')],
  ] as const) {
    test(`that is ${what} is a 500, and says what to export`, async () => {
      const { bridge, client } = await answeringOnce(returned);
      await using _ = bridge;
      await client.until('500 Internal Server Error\n');
      const [failure] = bridge.failures;
      const { code, message } = failure!.error as Error & { code: string };
      assert.equal(code, 'ERR_HEDDLE_APP_NODE_RESPONSE');
      assert.match(message, /Export it as fetch: export default \{ fetch \}/);
    });
  }
});

describe('the server of a Node app', () => {
  test('gets the limits that the app has not set, and keeps those that it has', async () => {
    const plain = createServer();
    const own = createServer({ keepAliveTimeout: 1234, maxHeaderSize: 5678 });
    own.headersTimeout = 0;
    await using _ = await Bridge.open(appOfServer(plain, 'a server'));
    await using __ = await Bridge.open(appOfServer(own, 'a server'));
    assert.deepEqual([plain.headersTimeout, plain.keepAliveTimeout], [7000, 8000]);
    assert.equal(Reflect.get(plain, 'maxHeaderSize'), 4096);
    assert.deepEqual([own.headersTimeout, own.keepAliveTimeout], [0, 1234]);
    assert.equal(Reflect.get(own, 'maxHeaderSize'), 5678);
  });

  test('ends a connection without a request in silence, one with part of a head by a 408', async () => {
    const server = createServer();
    server.headersTimeout = 30;
    await using bridge = await Bridge.open(appOfServer(server, 'a server'));
    using silent = await bridge.connect();
    using slow = await bridge.connect();
    slow.send('GET / HTTP/1.1\r\n');
    assert.deepEqual(await silent.rest(), { text: '', end: 'fin' });
    assert.match((await slow.rest()).text, /^HTTP\/1\.1 408 /);
    const heard: unknown[] = [];
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      heard.push(error.code);
      socket.end('HTTP/1.1 408 Mine\r\n\r\n');
    });
    using own = await bridge.connect();
    assert.equal((await own.rest()).text, 'HTTP/1.1 408 Mine\r\n\r\n');
    assert.deepEqual(heard, ['ERR_HTTP_REQUEST_TIMEOUT']);
  });

  test('hears once that it listens, and knows where', async () => {
    const server = createServer();
    const heard: unknown[] = [];
    server.on('listening', () => heard.push(server.address()));
    await using _ = await Bridge.open(appOfServer(server, 'a server'));
    assert.equal(heard.length, 1);
    assert.equal((heard[0] as AddressInfo).address, '127.0.0.1');
  });

  test('that throws at an upgrade has the connection cut, and is told', async () => {
    const failure = new Error('out of order');
    const server = createServer();
    server.on('upgrade', () => {
      throw failure;
    });
    await using bridge = await Bridge.open(appOfServer(server, 'a server'));
    using client = await bridge.connect();
    client.send(`GET /up HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: x\r\n${HOST}`);
    assert.equal((await client.rest()).text, '');
    assert.deepEqual(bridge.failures, [{ error: failure, outcome: 'the connection was cut' }]);
  });

  test('upgrades connections; what it was told stays said where it is one too many', async () => {
    const server = createServer();
    server.on('upgrade', (_, socket, head: Buffer) => socket.end(`HTTP/1.1 101 x\r\n\r\n${head.toString()}`));
    await using bridge = await Bridge.open(appOfServer(server, 'a server'));
    const text = `GET /up HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: x\r\n${HOST}head`;
    using client = await bridge.connect();
    client.send(text);
    assert.equal((await client.rest()).text, 'HTTP/1.1 101 x\r\n\r\nhead');
    bridge.isOpen = false;
    using refused = await bridge.connect();
    refused.send(text);
    bridge.told.length = 0;
    await bridge.until('upgrade GET /up');
    bridge.sockets[1]?.end();
    assert.equal((await refused.rest()).text, '');
  });
});
