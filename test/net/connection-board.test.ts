import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CONNECTION_STATES, ConnectionBoard } from '#net/connection-board.ts';
import { gate, requestText, TestListener } from '../support/test-listener.ts';

const { answering, handling, idle, lingering, reading } = CONNECTION_STATES;

function newBoard(connections = 4): { board: ConnectionBoard; seen: ConnectionBoard } {
  const buffer = ConnectionBoard.allocate(connections);
  return { board: new ConnectionBoard(buffer), seen: new ConnectionBoard(buffer) };
}

suite('a board of connections', () => {
  test('shows another thread what each is at, and since when', () => {
    const { board, seen } = newBoard();
    assert.deepEqual(seen.entries(), []);
    const first = board.claim(7);
    const second = board.claim(9);
    const line = Buffer.from('....GET /a HTTP/1.1');
    const before = Date.now();
    board.begin(second, line, 4, 10, handling, Date.now());
    board.systemId = 4321;
    const [one, two] = seen.entries();
    assert.deepEqual(one, { slot: first, fd: 7, state: idle, since: 0, requestLine: '' });
    assert.deepEqual([two?.fd, two?.state, two?.requestLine], [9, handling, 'GET /a']);
    assert.ok((two?.since ?? 0) >= before && (two?.since ?? 0) <= Date.now());
    assert.deepEqual([seen.requests, seen.systemId], [1, 4321]);
  });

  test('gives a place away again, without what was shown there', () => {
    const { board, seen } = newBoard();
    const slot = board.claim(7);
    board.begin(slot, Buffer.from('GET /old'), 0, 8, handling, Date.now());
    board.release(slot);
    assert.deepEqual(seen.entries(), []);
    assert.equal(board.claim(8), slot);
    assert.deepEqual(seen.entries(), [{ slot, fd: 8, state: idle, since: 0, requestLine: '' }]);
  });

  test('has no place for more connections than it was made for, and takes that well', () => {
    const { board, seen } = newBoard(1);
    board.claim(7);
    const none = board.claim(8);
    assert.equal(none, -1);
    board.begin(none, Buffer.from('GET /'), 0, 5, handling, Date.now());
    board.set(none, answering);
    board.release(none);
    assert.deepEqual([seen.entries().length, seen.requests], [1, 1]);
    assert.equal(board.claim(9), -1);
  });

  test('keeps the first 96 bytes of a request line, and nothing of its neighbour’s', () => {
    const { board, seen } = newBoard(2);
    const [first, second] = [board.claim(7), board.claim(8)];
    board.begin(second, Buffer.from('GET /second'), 0, 11, handling, Date.now());
    board.begin(first, Buffer.alloc(200, 'x'), 0, 200, handling, Date.now());
    assert.deepEqual(
      seen.entries().map(({ requestLine }) => requestLine),
      ['x'.repeat(96), 'GET /second'],
    );
  });
});

suite('what a listener shows on its board', () => {
  async function listening(buffer: SharedArrayBuffer, answers: ReturnType<typeof gate<string>>) {
    const called = gate();
    const server = await TestListener.open(
      async (request) => {
        if (request.path === '/quick') return { status: 200, fields: [], body: 'quick' };
        called.resolve();
        if (request.path === '/stream') {
          return {
            status: 200,
            fields: [],
            body: (async function* () {
              yield Buffer.from(await answers.promise);
            })(),
          };
        }
        return { status: 200, fields: [], body: await answers.promise };
      },
      { board: new ConnectionBoard(buffer) },
    );
    return { server, called };
  }

  test('is where each connection stands: idle, reading, handling, answering, lingering', async () => {
    const buffer = ConnectionBoard.allocate(10);
    const seen = new ConnectionBoard(buffer);
    const answers = gate<string>();
    const { server, called } = await listening(buffer, answers);
    await using _ = server;
    using client = await server.connect();
    const stateAfter = async (bytes: string) => {
      client.send(bytes);
      using other = await server.connect();
      other.send('BAD\r\n\r\n');
      await other.rest();
      return seen.entries().find(({ fd }) => fd === mine)?.state;
    };
    client.send(requestText('GET /quick'));
    await client.reply();
    const mine = seen.entries()[0]?.fd;
    assert.ok(mine !== undefined && mine > 0);
    assert.equal(await stateAfter(''), idle);
    assert.equal(await stateAfter('GET /wa'), reading);
    assert.equal(await stateAfter(requestText('GET /wait').slice(7)), handling);
    assert.equal(seen.entries().find(({ fd }) => fd === mine)?.requestLine, 'GET /wait');
    await called.promise;
    answers.resolve('now');
    await client.reply();
    assert.equal(await stateAfter(''), idle);
    assert.equal(await stateAfter('BAD\r\n\r\n'), lingering);
  });

  test('is answering where a stream has begun', async () => {
    const buffer = ConnectionBoard.allocate(10);
    const seen = new ConnectionBoard(buffer);
    const answers = gate<string>();
    const { server } = await listening(buffer, answers);
    await using _ = server;
    using client = await server.connect();
    client.send(requestText('GET /stream'));
    await client.until('\r\n\r\n');
    assert.deepEqual(
      seen.entries().map(({ state }) => state),
      [answering],
    );
    answers.resolve('end');
    await client.until('0\r\n\r\n');
  });

  test('is answering for a request behind others whose answers have not left', async () => {
    const buffer = ConnectionBoard.allocate(10);
    const seen = new ConnectionBoard(buffer);
    const states: (number | undefined)[] = [];
    await using server = await TestListener.open(
      (request) => {
        states.push(seen.entries()[0]?.state);
        return { status: 200, fields: [], body: request.path };
      },
      { board: new ConnectionBoard(buffer) },
    );
    await server.exchange(requestText('GET /1') + requestText('GET /2'));
    assert.deepEqual(states, [handling, answering]);
  });

  test('is nothing once a connection is gone', async () => {
    const buffer = ConnectionBoard.allocate(10);
    await using server = await TestListener.open(() => ({ status: 200, fields: [], body: 'x' }), {
      board: new ConnectionBoard(buffer),
    });
    await server.exchange(requestText('GET /'));
    await server.settled();
    assert.deepEqual(new ConnectionBoard(buffer).entries(), []);
  });
});
