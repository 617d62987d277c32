import assert from 'node:assert/strict';
import { once } from 'node:events';
import { fstatSync, openSync } from 'node:fs';
import { type AddressInfo, createServer, Socket } from 'node:net';
import { suite, type TestContext, test } from 'node:test';
import { closeDescriptor } from '#native/lease.ts';
import {
  canDuplicateConnections,
  descriptorOfSocket,
  drainDescriptor,
  duplicateConnection,
  openDecoy,
  socketOfDescriptor,
  writeToDescriptor,
} from '#native/socket-descriptor.ts';
import { RawClient } from '../support/raw-client.ts';

const NEEDS_CALLS = { skip: !canDuplicateConnections() && 'this Node has no node:ffi' };

/** Both ends of a connection; the server's side is not read from. */
async function connection(context: TestContext): Promise<{ client: RawClient; socket: Socket; fd: number }> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = await RawClient.open((server.address() as AddressInfo).port);
  const [socket] = await accepted;
  server.close();
  context.after(() => {
    client[Symbol.dispose]();
    socket.destroy();
  });
  return { client, socket, fd: descriptorOfSocket(socket) };
}

async function closed(socket: Socket): Promise<void> {
  const close = once(socket, 'close');
  socket.destroy();
  await close;
}

suite('the descriptor of a connection', () => {
  test('is that of an open socket; what is not connected has none', async (context) => {
    const { fd } = await connection(context);
    assert.ok(fstatSync(fd).isSocket());
    assert.equal(descriptorOfSocket(new Socket()), -1);
  });

  test('takes a text without waiting, and says whether all of it went', async (context) => {
    const { client, socket, fd } = await connection(context);
    assert.equal(writeToDescriptor(fd, 'last word \xe9'), true);
    assert.equal(await client.until('\xe9'), 'last word \xe9');
    client.socket.pause();
    assert.equal(writeToDescriptor(fd, 'x'.repeat(50_000_000)), false);
    await closed(socket);
    assert.equal(writeToDescriptor(fd, 'too late'), false);
  });

  test('can be drained of what nobody has read, so that its close is no reset', async (context) => {
    const { client, socket, fd } = await connection(context);
    assert.equal(drainDescriptor(fd), '');
    client.send('GET / HTTP/1.1\r\n');
    let drained = '';
    while (drained === '') {
      await new Promise((resolve) => setImmediate(resolve));
      drained = drainDescriptor(fd);
    }
    assert.equal(drained, 'GET / HTTP/1.1\r\n');
    writeToDescriptor(fd, 'no');
    socket.destroy();
    assert.deepEqual(await client.rest(), { text: 'no', end: 'fin' });
  });
});

suite('a second descriptor of a connection', NEEDS_CALLS, () => {
  test('outlives the first, and becomes a socket that reads and writes', async (context) => {
    const { client, socket, fd } = await connection(context);
    const copy = duplicateConnection(fd);
    assert.ok(copy >= 0 && copy !== fd);
    client.send('unread');
    await closed(socket);
    const second = socketOfDescriptor(copy);
    const [bytes] = (await once(second, 'data')) as [Buffer];
    assert.equal(`${bytes}`, 'unread');
    second.end('answer');
    assert.deepEqual(await client.rest(), { text: 'answer', end: 'fin' });
    await closed(second);
  });

  test('is not made of what is gone, or no socket', async (context) => {
    const { socket, fd } = await connection(context);
    await closed(socket);
    assert.equal(duplicateConnection(fd), -1);
    assert.equal(duplicateConnection(-1), -1);
    const file = openSync(process.execPath, 'r');
    assert.equal(duplicateConnection(file), -1);
    closeDescriptor(file);
  });

  test('has all that comes after the first was withdrawn', async (context) => {
    const { client, fd } = await connection(context);
    const copy = duplicateConnection(fd);
    using decoy = openDecoy();
    decoy?.replace(fd);
    client.send('for the copy');
    let taken = '';
    while (taken === '') {
      assert.equal(drainDescriptor(fd), '');
      taken = drainDescriptor(copy);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(taken, 'for the copy');
    assert.equal(writeToDescriptor(fd, 'nobody reads this'), false);
    assert.equal(writeToDescriptor(copy, 'answer'), true);
    assert.equal(await client.until('answer'), 'answer');
    closeDescriptor(copy);
  });
});
