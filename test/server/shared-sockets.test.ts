import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { canHoldPaths, HeldSocket } from '#native/held-socket.ts';
import { closeDescriptor } from '#native/lease.ts';
import { openDuplicator } from '#native/open-duplicator.ts';
import type { InheritedSockets } from '#server/inherited-sockets.ts';
import { type ListeningOptions, ListeningSockets } from '#server/listening-sockets.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { answerOf, askWho, connectTo, LeaseThread } from './lease-thread-driver.ts';

const NOWHERE = { host: '127.0.0.1', port: 0 };
const HAS_FFI = (await openDuplicator('ffi')) !== undefined;
const BACKENDS = (['ffi', 'helper'] as const).filter((backend) => backend !== 'ffi' || HAS_FFI);

async function open(context: TestContext, options: Partial<ListeningOptions>): Promise<ListeningSockets> {
  const sockets = await ListeningSockets.open({ ...NOWHERE, threads: 2, ...options });
  context.after(() => sockets.close());
  return sockets;
}

/** A thread that accepts from all that is meant for it. */
async function start(context: TestContext, sockets: ListeningSockets, index: number): Promise<LeaseThread> {
  const thread = new LeaseThread(`thread ${index}`);
  context.after(() => thread.terminate());
  for (const lease of await sockets.leasesOf(index)) await thread.listen(lease);
  return thread;
}

/** Descriptors as a parent process passes them: of sockets that nothing here knows. */
async function inherit(context: TestContext, ...sockets: HeldSocket[]): Promise<InheritedSockets> {
  const duplicator = await openDuplicator(HAS_FFI ? 'ffi' : 'helper');
  assert.ok(duplicator);
  context.after(() => duplicator.close());
  const copies = await Promise.all(sockets.map((socket) => duplicator.duplicate(socket)));
  for (const socket of sockets) context.after(() => socket.close());
  return { descriptors: copies, oneEach: false };
}

function socketPath(): string {
  return `${temporaryFolder()}/heddle.sock`;
}

for (const backend of BACKENDS) {
  describe(`a Unix domain socket, duplicated by ${backend}`, { skip: !canHoldPaths() }, () => {
    it('outlives every thread: what waits is answered by the next', async (context) => {
      const path = socketPath();
      const sockets = await open(context, { backend, file: { path } });
      const waiting = await Promise.all(Array.from({ length: 20 }, () => connectTo(sockets.address)));
      const first = await start(context, sockets, 0);
      assert.deepEqual(new Set(await Promise.all(waiting.map(answerOf))), new Set(['thread 0']));
      await first.terminate();
      assert.ok(existsSync(path), 'the end of a thread leaves the file');
      const later = await Promise.all(Array.from({ length: 20 }, () => connectTo(sockets.address)));
      await start(context, sockets, 1);
      assert.deepEqual(new Set(await Promise.all(later.map(answerOf))), new Set(['thread 1']));
    });

    it('is accepted from by all threads', async (context) => {
      const sockets = await open(context, { backend, file: { path: socketPath() } });
      const first = await start(context, sockets, 0);
      await start(context, sockets, 1);
      await first.block();
      // Thread 0 takes nothing any more; that everything is answered is the doing of thread 1.
      for (let count = 0; count < 20; count++) assert.equal(await askWho(sockets.address), 'thread 1');
    });

    it('loses its file at the end, whatever a thread still holds', async (context) => {
      const path = socketPath();
      const sockets = await open(context, { backend, file: { path } });
      await start(context, sockets, 0);
      sockets.close();
      assert.equal(existsSync(path), false);
    });

    it('is refused to a second server, and free once the first has closed', async (context) => {
      const file = { path: socketPath() };
      const first = await open(context, { backend, file });
      await assert.rejects(ListeningSockets.open({ ...NOWHERE, threads: 1, backend, file }), {
        code: 'ERR_HEDDLE_SOCKET_IN_USE',
      });
      first.close();
      assert.equal((await open(context, { backend, file })).address.path, file.path);
    });
  });

  describe(`inherited sockets, duplicated by ${backend}`, () => {
    it('are listened on by every thread, all of them', async (context) => {
      const tcp = new HeldSocket({ host: '127.0.0.1', port: 0, reusePort: false });
      const second = canHoldPaths()
        ? new HeldSocket({ path: socketPath() })
        : new HeldSocket({ host: '127.0.0.1', port: 0, reusePort: false });
      const inherited = await inherit(context, tcp, second);
      const sockets = await open(context, { backend, inherited });
      assert.deepEqual(sockets.address, tcp.address);
      const thread = await start(context, sockets, 0);
      for (const { address } of [tcp, second]) assert.equal(await askWho(address), 'thread 0');
      await thread.terminate();
      const waiting = await Promise.all([tcp, second].map(({ address }) => connectTo(address)));
      await start(context, sockets, 1);
      assert.deepEqual(await Promise.all(waiting.map(answerOf)), ['thread 1', 'thread 1']);
    });

    it('go before host, port and file', async (context) => {
      const socket = new HeldSocket({ host: '127.0.0.1', port: 0, reusePort: false });
      const inherited = await inherit(context, socket);
      const sockets = await open(context, { backend, inherited, host: 'no-such-host.invalid' });
      assert.equal(sockets.address.port, socket.address.port);
    });

    it('of one each are accepted from by the thread that each is for, while there are as many', async (context) => {
      const first = new HeldSocket({ ...NOWHERE, reusePort: true });
      const second = new HeldSocket({ ...NOWHERE, port: first.address.port, reusePort: true });
      const inherited = { ...(await inherit(context, first, second)), oneEach: true };
      const sockets = await open(context, { backend, inherited });
      assert.equal(sockets.isShared, false);
      const leases = await sockets.leasesOf(0);
      assert.equal(leases.length, 1);
      for (const lease of leases) sockets.release(lease);
      sockets.close();
      const again = { ...(await inherit(context, first, second)), oneEach: true };
      const fewer = await open(context, { backend, inherited: again, threads: 1 });
      assert.equal(fewer.isShared, true);
      const both = await fewer.leasesOf(0);
      assert.equal(both.length, 2);
      for (const lease of both) fewer.release(lease);
    });

    it('leave the file to whoever made it', { skip: !canHoldPaths() }, async (context) => {
      const path = socketPath();
      const inherited = await inherit(context, new HeldSocket({ path }));
      const sockets = await open(context, { backend, inherited });
      assert.equal(sockets.address.path, path);
      sockets.close();
      assert.ok(existsSync(path));
    });
  });
}

it('of shared sockets no descriptor is left over', { skip: !HAS_FFI || !canHoldPaths() }, async (context) => {
  const inherited = await inherit(context, new HeldSocket({ ...NOWHERE, reusePort: false }));
  const before = readdirSync('/proc/self/fd').length - inherited.descriptors.length;
  for (const place of [{ file: { path: socketPath() } }, { inherited }]) {
    const sockets = await ListeningSockets.open({ ...NOWHERE, threads: 1, backend: 'ffi', ...place });
    for (const lease of await sockets.leasesOf(0)) sockets.release(lease);
    sockets.close();
  }
  assert.equal(readdirSync('/proc/self/fd').length, before);
});

describe('where no socket can be duplicated', () => {
  it('a file and inherited sockets are refused, with what works', async (context) => {
    const refusal = { code: 'ERR_HEDDLE_BACKEND', message: /cannot be shared.*Use --port, or Node 26/ };
    const options = { ...NOWHERE, threads: 1, backend: 'reuse-port' } as const;
    const path = socketPath();
    await assert.rejects(ListeningSockets.open({ ...options, file: { path } }), refusal);
    assert.equal(existsSync(path), false);
    const inherited = await inherit(context, new HeldSocket({ ...NOWHERE, reusePort: false }));
    await assert.rejects(ListeningSockets.open({ ...options, inherited }), refusal);
    for (const fd of inherited.descriptors) closeDescriptor(fd);
  });
});
