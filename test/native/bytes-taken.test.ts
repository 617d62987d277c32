import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { bytesTaken } from '#native/bytes-taken.ts';

const LENGTH = 50_000_000;

test('what the kernel took of a write shows before the write is done, and all of it at its end', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  const [, client] = await Promise.all([
    once(server, 'listening'),
    once(server, 'listening').then(() => connect((server.address() as AddressInfo).port, '127.0.0.1')),
  ]);
  const [socket] = (await once(server, 'connection')) as [Socket];
  client.pause();
  const isWritten = new Promise((resolve) => socket.write(Buffer.alloc(LENGTH), resolve));
  const atFirst = bytesTaken(socket);
  assert.ok(atFirst > 0 && atFirst < LENGTH, `${atFirst}`);
  // Node itself counts the write as under way as a whole.
  assert.equal(socket.bytesWritten - socket.writableLength, 0);
  client.resume();
  let last = atFirst;
  while (bytesTaken(socket) < LENGTH) {
    assert.ok(bytesTaken(socket) >= last);
    last = bytesTaken(socket);
    await new Promise(setImmediate);
  }
  await isWritten;
  assert.equal(bytesTaken(socket), LENGTH);
  socket.destroy();
  client.destroy();
  server.close();
});

test('without what Node keeps to itself, whole writes are counted', () => {
  for (const handle of [undefined, null, {}, { bytesWritten: 'many' }, { bytesWritten: 9 }]) {
    const socket = { bytesWritten: 10, writableLength: 4, _handle: handle };
    assert.equal(bytesTaken(socket as unknown as Socket), 6);
  }
});
