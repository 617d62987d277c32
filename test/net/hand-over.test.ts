import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { after, suite, type TestContext, test } from 'node:test';
import type { Handler } from '#exchange/handler.ts';
import { HeldSocket } from '#native/held-socket.ts';
import { openDuplicator } from '#native/open-duplicator.ts';
import {
  canDuplicateConnections,
  descriptorOfSocket,
  duplicateConnection,
  writeToDescriptor,
} from '#native/socket-descriptor.ts';
import { RawClient } from '../support/raw-client.ts';
import { requestText, TestListener } from '../support/test-listener.ts';

const hello: Handler = (request) => ({ status: 200, fields: [], body: `hello ${request.target}` });
const REQUEST = requestText('GET /a');

const duplicator = (await openDuplicator('ffi')) ?? (await openDuplicator('helper'));
assert.ok(duplicator);
after(() => duplicator.close());

/** A connection that a thread has accepted which is gone: its client, and the descriptor that is left. */
async function orphan(context: TestContext, sent = ''): Promise<{ client: RawClient; fd: number }> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = await RawClient.open((server.address() as AddressInfo).port);
  context.after(() => client[Symbol.dispose]());
  client.send(sent);
  const [socket] = await accepted;
  server.close();
  const fd = duplicateConnection(descriptorOfSocket(socket));
  socket.destroy();
  await once(socket, 'close');
  return { client, fd };
}

suite('connections of another thread', {
  skip: !canDuplicateConnections() && 'this Node has no node:ffi',
}, () => {
  test('are served on once they are taken over', async (context) => {
    await using server = await TestListener.open(hello);
    const { client, fd } = await orphan(context);
    server.listener.adopt([fd]);
    assert.equal(server.listener.connectionCount, 1);
    for (let request = 0; request < 2; request += 1) {
      client.send(REQUEST);
      assert.match(await client.reply(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*hello \/a$/);
    }
    client.halfClose();
    assert.deepEqual(await client.rest(), { text: '', end: 'fin' });
    await server.settled();
  });

  test('are answered what was sent before they were taken over', async (context) => {
    await using server = await TestListener.open(hello);
    const orphans = [await orphan(context, REQUEST), await orphan(context, REQUEST + REQUEST)];
    server.listener.adopt(orphans.map(({ fd }) => fd));
    for (const [at, { client }] of orphans.entries()) {
      for (let answer = 0; answer <= at; answer += 1) assert.match(await client.reply(), /hello \/a$/);
    }
  });

  test('may stay idle for as long as any other', async (context) => {
    await using server = await TestListener.open(hello, { settings: { keepAliveMs: 20, headMs: 3_600_000 } });
    const { client, fd } = await orphan(context);
    server.listener.adopt([fd]);
    // Not the deadline of a fresh connection's first head: that never comes here.
    assert.deepEqual(await client.rest(), { text: '', end: 'fin' });
    client.halfClose();
    await server.settled();
  });

  test('are seen off: the peer reads its last word and a FIN, though it has sent more', async (context) => {
    await using server = await TestListener.open(hello);
    const { client, fd } = await orphan(context, REQUEST);
    assert.ok(writeToDescriptor(fd, 'the last word'));
    server.listener.seeOff([fd]);
    client.send(REQUEST.repeat(10));
    assert.deepEqual(await client.rest(), { text: 'the last word', end: 'fin' });
    assert.equal(server.listener.connectionCount, 0);
    client.halfClose();
    await once(client.socket, 'close');
  });

  test('are seen off though the peer never ends its side', async (context) => {
    await using server = await TestListener.open(hello, { settings: { lingerMs: 20 } });
    const { client, fd } = await orphan(context);
    server.listener.seeOff([fd]);
    assert.deepEqual(await client.rest(), { text: '', end: 'fin' });
    // What is sent to a closed socket is answered by a reset.
    const reset = new Promise((resolve) => client.socket.once('close', resolve));
    const sending = setInterval(() => client.send('?'), 5);
    await reset;
    clearInterval(sending);
  });
});

suite('a listener that leaves a place', () => {
  test('accepts what waits there and no more; its connections, and its other places, stay', async () => {
    const held = new HeldSocket({ host: '127.0.0.1', port: 0, reusePort: false });
    await using server = await TestListener.open(hello);
    const fd = await duplicator.duplicate(held);
    await server.listener.listen({ fd, backlog: 16 });
    using before = await RawClient.open(held.address.port);
    before.send(REQUEST);
    await before.reply();

    using waiting = await RawClient.open(held.address.port);
    await server.listener.leave(fd);
    // The kernel completes it; nobody accepts.
    using late = await RawClient.open(held.address.port);
    for (const client of [late, before, waiting]) client.send(REQUEST);
    for (const client of [before, waiting]) assert.match(await client.reply(), /hello \/a$/);
    using elsewhere = await server.connect();
    elsewhere.send(REQUEST);
    assert.match(await elsewhere.reply(), /hello \/a$/);
    assert.equal(late.text, '');

    await using successor = await TestListener.open(hello);
    await successor.listener.listen({ fd: await duplicator.duplicate(held), backlog: 16 });
    assert.match(await late.reply(), /hello \/a$/);
    held.close();
  });

  test('takes it well that it has no such place', async () => {
    await using server = await TestListener.open(hello);
    await server.listener.leave(99_999);
    assert.match(await server.exchange(REQUEST), /hello \/a$/);
  });
});
