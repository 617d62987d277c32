import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { suite, type TestContext, test } from 'node:test';
import {
  canDuplicateConnections,
  descriptorOfSocket,
  duplicateConnection,
  openDecoy,
} from '#native/socket-descriptor.ts';
import { StrandedConnections } from '#server/stranded-connections.ts';
import type { ManagedThread } from '#threads/managed-thread.ts';
import { RawConnection } from '../system/raw-connection.ts';

const NEEDS_COPIES = {
  skip: canDuplicateConnections() ? false : 'this Node cannot move connections between threads',
};

/** A thread that keeps the descriptors it is given. */
function taker() {
  const orders: unknown[] = [];
  return { orders, thread: { post: (order: unknown) => orders.push(order) } as unknown as ManagedThread };
}

/** A connection whose thread is gone: the client's end, and the descriptor that is left of the other. */
async function strandedConnection(context: TestContext) {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const [client, [socket]] = await Promise.all([
    RawConnection.open(`http://127.0.0.1:${port}/`),
    once(server, 'connection') as Promise<[Socket]>,
  ]);
  const fd = descriptorOfSocket(socket);
  const copy = duplicateConnection(fd);
  using decoy = openDecoy();
  decoy?.replace(fd);
  socket.on('error', () => undefined);
  context.after(async () => {
    await client[Symbol.asyncDispose]();
    socket.destroy();
    server.close();
  });
  return { client, fd: copy };
}

suite('connections that have lost their thread', () => {
  test('are shared among all threads that can take them', () => {
    const [a, b] = [taker(), taker()];
    const stranded = new StrandedConnections(() => [a.thread, b.thread]);
    const outcome = stranded.add({ idle: [10, 11, 12], leaving: [13], broken: [14, 15] });
    assert.deepEqual(outcome, { moved: 3, answered: 0 });
    assert.deepEqual(a.orders, [{ kind: 'take', idle: [10, 12], leaving: [13], broken: [14] }]);
    assert.deepEqual(b.orders, [{ kind: 'take', idle: [11], leaving: [], broken: [15] }]);
  });

  test('wait where nobody can take them yet, and are given away once', () => {
    const { orders, thread } = taker();
    const takers: ManagedThread[] = [];
    const stranded = new StrandedConnections(() => takers);
    stranded.add({ idle: [10], leaving: [], broken: [] });
    stranded.add({ idle: [11], leaving: [], broken: [] });
    takers.push(thread);
    stranded.deliver();
    stranded.deliver();
    assert.deepEqual(orders, [{ kind: 'take', idle: [10, 11], leaving: [], broken: [] }]);
  });
});

suite('when the server ends, connections that nobody has', NEEDS_COPIES, () => {
  test('get a FIN, behind a 503 where a request waits, and a reset where half an answer would look whole', async (context) => {
    const [idle, unread, head, late, broken] = await Promise.all([
      strandedConnection(context),
      strandedConnection(context),
      strandedConnection(context),
      strandedConnection(context),
      strandedConnection(context),
    ]);
    unread.client.get('/');
    head.client.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
    const { orders, thread } = taker();
    let takers: ManagedThread[] = [];
    const stranded = new StrandedConnections(() => takers);
    stranded.add({ idle: [idle.fd, unread.fd, head.fd], leaving: [], broken: [broken.fd] });
    takers = [thread];
    stranded.endAll(1000);
    assert.deepEqual(stranded.add({ idle: [late.fd], leaving: [], broken: [] }), { moved: 0, answered: 0 });
    assert.equal((await unread.client.reply()).status, 503);
    assert.equal((await head.client.reply({ isHead: true })).status, 503);
    for (const { client } of [idle, unread, head, late]) assert.equal(await client.untilEnd(), '');
    await assert.rejects(broken.client.untilEnd());
    for (const { client } of [idle, unread, head, late]) await client[Symbol.asyncDispose]();
    await stranded.ended();
    assert.deepEqual(orders, []);
  });
});
