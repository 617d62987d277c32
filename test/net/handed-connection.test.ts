import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { describe, test } from 'node:test';
import type { ConnectionTaker, ExchangeFollower, HandedExchange } from '#exchange/handed-exchange.ts';
import { Clock } from '#net/clock.ts';
import { CONNECTION_STATES, ConnectionBoard } from '#net/connection-board.ts';
import type { ConnectionHost } from '#net/connection-host.ts';
import { HandedConnection } from '#net/handed-connection.ts';
import { gate, TestListener, type TestListenerOptions } from '../support/test-listener.ts';

/** A request of an app's own server, which a test answers when it likes. */
class FakeExchange implements HandedExchange {
  readonly method: string;
  readonly target: string;
  readonly minorVersion = 1;
  readonly remoteAddress = '';
  readonly contentReceived = 0;
  readonly contentSent = 0;
  readonly hasFailed = false;
  readonly field = (): undefined => undefined;
  id: string | undefined;
  hasBegun = false;
  isComplete = true;
  isUnframed = false;
  status = 200;
  isSent = true;
  startedAt = performance.now();
  hasTimedOut = false;
  sendsEvents = false;
  isTheLast = false;
  readonly #socket: Socket;
  readonly #follower: ExchangeFollower;

  constructor(line: string, socket: Socket, follower: ExchangeFollower) {
    [this.method = '', this.target = ''] = line.split(' ');
    this.#socket = socket;
    this.#follower = follower;
  }

  begin(text: string): void {
    this.hasBegun = true;
    this.#follower.answer(this);
    this.#socket.write(text);
  }

  end(text = ''): void {
    if (!this.hasBegun) this.begin(text);
    this.#follower.end(this);
  }

  closeAfter(): boolean {
    this.isTheLast = !this.hasBegun;
    return this.isTheLast;
  }

  timeOut(): void {
    this.hasTimedOut = true;
  }

  endEvents(): boolean {
    return this.sendsEvents;
  }
}

/** Takes each line of a connection for a request; those of `UPGRADE` for one to speak another protocol. */
class FakeServer implements ConnectionTaker {
  readonly exchanges: FakeExchange[] = [];
  addresses: unknown[] = [];
  #awaited = gate();

  take(socket: unknown, follower: ExchangeFollower): void {
    const own = socket as Socket;
    own.on('end', () => own.end());
    own.on('data', (chunk) => {
      for (const line of chunk.toString('latin1').split('\n').slice(0, -1)) {
        if (line.startsWith('UPGRADE'))
          own.write(`${follower.upgrade(new FakeExchange('UPGRADE /', own, follower))}\n`);
        else {
          const exchange = new FakeExchange(line, own, follower);
          if (follower.begin(exchange)) this.exchanges.push(exchange);
        }
        this.#awaited.resolve();
      }
    });
  }

  onListening(address: unknown): void {
    this.addresses.push(address);
  }

  /** Resolves when there are so many requests. */
  async until(count: number): Promise<FakeExchange[]> {
    while (this.exchanges.length < count) {
      await this.#awaited.promise;
      this.#awaited = gate();
    }
    return this.exchanges;
  }
}

function open(taker: FakeServer, options: TestListenerOptions = {}): Promise<TestListener> {
  return TestListener.open(() => assert.fail('The handler is asked nothing.'), { ...options, taker });
}

describe('a connection that is handed to a server of the app', () => {
  test('is counted until its socket is gone; the server hears where it is', async () => {
    const server = new FakeServer();
    await using listening = await open(server);
    assert.deepEqual(server.addresses, [listening.listener.address]);
    const client = await listening.connect();
    client.send('GET /\n');
    const [exchange] = await server.until(1);
    assert.equal(listening.listener.connectionCount, 1);
    exchange?.end('hello');
    assert.equal(await client.bytes(5), 'hello');
    client.halfClose();
    await client.rest();
    client[Symbol.dispose]();
    await listening.settled();
    assert.equal(listening.listener.connectionCount, 0);
  });

  test('shows on the board what it is at', async () => {
    const server = new FakeServer();
    const board = new ConnectionBoard(ConnectionBoard.allocate(4));
    await using listening = await open(server, { board });
    using client = await listening.connect();
    const states = (): unknown[] => board.entries().map(({ state, requestLine }) => [state, requestLine]);
    client.send(`GET /${'a'.repeat(200)}\n`);
    const [first] = await server.until(1);
    assert.deepEqual(states(), [[CONNECTION_STATES.handling, `GET /${'a'.repeat(91)}`]]);
    first?.begin('x');
    assert.equal(states().flat()[0], CONNECTION_STATES.answering);
    first?.end();
    assert.equal(states().flat()[0], CONNECTION_STATES.idle);
    client.send('PUT /b\nGET /c\n');
    const [, second, third] = await server.until(3);
    // Whoever answers in place of the thread would answer the wrong one.
    assert.deepEqual(states(), [[CONNECTION_STATES.answering, 'GET /c']]);
    second?.end('y');
    assert.equal(states().flat()[0], CONNECTION_STATES.answering);
    Object.assign(third ?? {}, { isUnframed: true });
    third?.begin('z');
    assert.equal(states().flat()[0], CONNECTION_STATES.unframed);
    assert.equal(board.requests, 3);
  });

  test('is no idle one while content of its last request may come, or part of a head has', async () => {
    const server = new FakeServer();
    const board = new ConnectionBoard(ConnectionBoard.allocate(4));
    await using listening = await open(server, { board });
    using client = await listening.connect();
    client.send('PUT /\n');
    const [unread] = await server.until(1);
    Object.assign(unread ?? {}, { isComplete: false });
    unread?.end('no');
    assert.equal(board.entries()[0]?.state, CONNECTION_STATES.reading);
    client.send('GET /\n');
    const [, whole] = await server.until(2);
    whole?.end('yes');
    await client.bytes(5);
    listening.listener.settleBoard();
    assert.equal(board.entries()[0]?.state, CONNECTION_STATES.idle);
    client.send('GET');
    while (board.entries()[0]?.state === CONNECTION_STATES.idle) {
      await new Promise(setImmediate);
      listening.listener.settleBoard();
    }
    assert.equal(board.entries()[0]?.state, CONNECTION_STATES.reading);
  });

  test('has so many requests as are admitted, and ends behind them', async () => {
    const server = new FakeServer();
    let count = 0;
    await using listening = await open(server, { admit: () => ++count <= 2 });
    using client = await listening.connect();
    client.send('GET /1\nGET /2\nGET /3\nGET /4\n');
    const [first, second, ...others] = await server.until(2);
    assert.deepEqual(others, []);
    first?.end('1');
    second?.end('2');
    assert.deepEqual(await client.rest(), { text: '12', end: 'fin' });
    assert.equal(count, 3);
  });

  test('gets a 503 where the answer has not begun in time, once its turn has come', async () => {
    const server = new FakeServer();
    await using listening = await open(server, { settings: { requestTimeoutMs: 40 } });
    using client = await listening.connect();
    client.send('GET /begun\nHEAD /late\n');
    const [begun, late] = await server.until(2);
    begun?.begin('begun ');
    // The deadline of the first has passed when that of another connection has, which began later.
    using other = await listening.connect();
    other.send('GET /other\n');
    assert.match((await other.rest()).text, /^HTTP\/1\.1 503 [\s\S]*connection: close\r\n\r\n503 /);
    assert.deepEqual([begun?.hasTimedOut, late?.hasTimedOut], [false, false]);
    begun?.end();
    const { text, end } = await client.rest();
    assert.match(text, /^begun HTTP\/1\.1 503 [\s\S]*\r\n\r\n$/);
    assert.deepEqual([end, late?.hasTimedOut], ['fin', true]);
    assert.deepEqual(
      listening.timeouts.map(({ target }) => target),
      ['/other', '/late'],
    );
  });
});

describe('the drain of handed connections', () => {
  test('makes the last answer of each the last, and refuses what comes behind it', async () => {
    const server = new FakeServer();
    await using listening = await open(server);
    using client = await listening.connect();
    client.send('GET /1\nGET /2\n');
    const [first, second] = await server.until(2);
    const drained = listening.listener.drain(3_600_000);
    assert.deepEqual([first?.isTheLast, second?.isTheLast], [false, true]);
    client.send('GET /3\n');
    first?.end('1');
    second?.end('2');
    assert.deepEqual(await client.rest(), { text: '12', end: 'fin' });
    client.halfClose();
    await drained;
    assert.equal(server.exchanges.length, 2);
  });

  test('lets an idle one stay for the grace; a request that comes in it is answered', async () => {
    const server = new FakeServer();
    await using listening = await open(server);
    using idle = await listening.connect();
    using used = await listening.connect();
    idle.send('GET /\n');
    (await server.until(1))[0]?.end('x');
    await idle.bytes(1);
    used.send('GET /\n');
    (await server.until(2))[1]?.end('y');
    const drained = listening.listener.drain(100);
    used.send('GET /again\n');
    const [, , again] = await server.until(3);
    assert.equal(again?.isTheLast, true);
    assert.deepEqual(await idle.rest(), { text: '', end: 'fin' });
    again?.end('z');
    assert.deepEqual(await used.rest(), { text: 'yz', end: 'fin' });
    idle.halfClose();
    used.halfClose();
    await drained;
  });

  test('gives the grace anew behind an answer that had promised to stay', () => {
    const socket = new Socket();
    let follower: ExchangeFollower | undefined;
    const taker: ConnectionTaker = {
      take: (_, given) => {
        follower = given;
      },
      onListening: () => undefined,
    };
    const host = {
      ...{
        isDraining: true,
        board: undefined,
        clock: new Clock(),
        settings: { requestTimeoutMs: 0, lingerMs: 1 },
      },
      ...{ handler: () => undefined, admit: () => true, onConnectionClosed: () => undefined },
    };
    const connection = new HandedConnection(
      socket,
      host as unknown as ConnectionHost<HandedConnection>,
      taker,
    );
    const exchange = new FakeExchange('GET /', socket, follower as ExchangeFollower);
    exchange.hasBegun = true;
    follower?.begin(exchange);
    connection.drain(0);
    connection.onDeadline();
    assert.equal(connection.deadline, Number.POSITIVE_INFINITY, 'The answer is waited for.');
    const endedAt = performance.now();
    exchange.end();
    assert.ok(connection.deadline >= endedAt && connection.deadline <= performance.now());
    socket.destroy();
  });

  test('ends streams of events behind the grace, and waits for other answers', async () => {
    const server = new FakeServer();
    await using listening = await open(server);
    using events = await listening.connect();
    using other = await listening.connect();
    events.send('GET /events\n');
    const [stream] = await server.until(1);
    other.send('GET /other\n');
    const [, endless] = await server.until(2);
    Object.assign(stream ?? {}, { sendsEvents: true });
    stream?.begin('a');
    endless?.begin('b');
    void listening.listener.drain(30);
    assert.deepEqual(await events.rest(), { text: 'a', end: 'fin' });
    assert.deepEqual(listening.listener.abort(), [{ method: 'GET', target: '/other' }]);
    assert.deepEqual(await other.rest(), { text: 'b', end: 'fin' });
  });

  test('keeps an upgraded one until it is cut, and upgrades no more', async () => {
    const server = new FakeServer();
    await using listening = await open(server);
    using upgraded = await listening.connect();
    using late = await listening.connect();
    late.send('GET /\n');
    (await server.until(1))[0]?.end('x');
    upgraded.send('UPGRADE\n');
    assert.equal(await upgraded.until('\n'), 'true\n');
    void listening.listener.drain(3_600_000);
    late.send('UPGRADE\n');
    assert.match((await late.rest()).text, /^xHTTP\/1\.1 503 /);
    assert.deepEqual(listening.listener.abort(), [{ method: 'UPGRADE', target: '/' }]);
    await upgraded.rest();
  });

  test('resets an answer that is cut where its end would look like that of the connection (RFC9112§8)', async () => {
    const server = new FakeServer();
    await using listening = await open(server);
    using client = await listening.connect();
    client.send('GET /\n');
    const [exchange] = await server.until(1);
    Object.assign(exchange ?? {}, { isUnframed: true });
    exchange?.begin('half');
    await client.bytes(4);
    listening.listener.abort();
    assert.deepEqual(await client.rest(), { text: '', end: 'reset' });
  });
});
