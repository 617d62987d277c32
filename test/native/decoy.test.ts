import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { suite, test } from 'node:test';
import { Decoy } from '#native/decoy.ts';
import { loadDescriptorCalls } from '#native/descriptor-calls.ts';
import { HeldSocket } from '#native/held-socket.ts';
import { closeDescriptor } from '#native/lease.ts';
import { descriptorOfSocket } from '#native/socket-descriptor.ts';

const calls = loadDescriptorCalls();
const LOCAL = { host: '127.0.0.1', port: 0, reusePort: false };

suite('a decoy', { skip: calls === undefined && 'this Node has no node:ffi' }, () => {
  test('in place of a listening socket accepts nothing: what comes waits for another descriptor', async () => {
    assert.ok(calls);
    const held = new HeldSocket(LOCAL);
    const given = calls.duplicate(held.fd);
    const watching = createServer(() => assert.fail('it was accepted')).listen({ fd: given });
    await once(watching, 'listening');
    using decoy = new Decoy(calls);
    decoy.replace(given);

    const client = connect(held.address.port, held.address.host);
    await once(client, 'connect');
    // Turns in which the one that watches would accept.
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    const successor = createServer().listen({ fd: calls.duplicate(held.fd) });
    const [accepted] = (await once(successor, 'connection')) as [Socket];
    accepted.end('from the successor');
    const [bytes] = (await once(client, 'data')) as [Buffer];
    assert.equal(`${bytes}`, 'from the successor');

    client.destroy();
    accepted.destroy();
    for (const server of [watching, successor]) server.close();
    held.close();
  });

  test('in place of a connection leaves its loop free to change what it watches it for', async () => {
    assert.ok(calls);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [[accepted]] = (await Promise.all([once(server, 'connection'), once(client, 'connect')])) as [
      [Socket],
      unknown,
    ];
    accepted.on('error', () => {});
    // So that the loop watches it: the client's bytes have come.
    client.write('here');
    await once(accepted, 'data');
    const fd = descriptorOfSocket(accepted);
    const copy = calls.duplicate(fd);
    // The shutdown is the next turn's, and what the loop watches the connection for is changed behind it. If the kernel
    // refused that, this process would be gone.
    accepted.end();
    await Promise.resolve();
    using decoy = new Decoy(calls);
    decoy.replace(fd);
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    closeDescriptor(copy);
    client.destroy();
    accepted.destroy();
    server.close();
  });

  test('can replace several, and leaves nothing behind when they are closed', async () => {
    assert.ok(calls);
    const numbers = (): number => readdirSync('/proc/self/fd').length;
    const before = numbers();
    const held = [new HeldSocket(LOCAL), new HeldSocket(LOCAL)];
    const copies = held.map((socket) => calls.duplicate(socket.fd));
    {
      using decoy = new Decoy(calls);
      for (const copy of copies) decoy.replace(copy);
    }
    for (const [at, socket] of held.entries()) assert.equal(socket.owns(copies[at] ?? -1), false);
    for (const copy of copies) closeDescriptor(copy);
    for (const socket of held) socket.close();
    // The helper of listen() closes its copy in a later turn.
    while (numbers() > before) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(numbers(), before);
  });
});
