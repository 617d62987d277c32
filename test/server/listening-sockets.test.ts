import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { canHoldSockets } from '#native/held-socket.ts';
import { closeDescriptor } from '#native/lease.ts';
import { openDuplicator } from '#native/open-duplicator.ts';
import { type ListeningOptions, ListeningSockets } from '#server/listening-sockets.ts';
import { answerOf, askWho, connectTo, LeaseThread } from './lease-thread-driver.ts';

const HAS_FFI = (await openDuplicator('ffi')) !== undefined;
const OWNING_BACKENDS = (['ffi', 'helper'] as const).filter((backend) => backend !== 'ffi' || HAS_FFI);
const BACKENDS = [...OWNING_BACKENDS, 'reuse-port'] as const;

/**
 * The kernel hashes the client's port, so each count is binomial with n = 800, p = 1/4: the chance that one of four lies
 * more than 35 % from its mean is below 5.4e-8 (with 400 connections it would be 1.8e-4).
 */
const SPREAD_CONNECTIONS = 800;

async function open(context: TestContext, options: Partial<ListeningOptions>): Promise<ListeningSockets> {
  const sockets = await ListeningSockets.open({ host: '127.0.0.1', port: 0, threads: 1, ...options });
  context.after(() => sockets.close());
  return sockets;
}

function start(context: TestContext, name: string): LeaseThread {
  const thread = new LeaseThread(name);
  context.after(() => thread.terminate());
  return thread;
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

it('the best back end of this Node is chosen', async (context) => {
  const sockets = await open(context, {});
  assert.equal(sockets.backend, HAS_FFI ? 'ffi' : canHoldSockets() ? 'helper' : 'reuse-port');
});

it('Node 26 on Linux has every back end', { skip: Number.parseInt(process.versions.node, 10) < 26 }, () => {
  assert.deepEqual(BACKENDS, ['ffi', 'helper', 'reuse-port']);
});

for (const backend of BACKENDS) {
  describe(`listening by ${backend}`, () => {
    it('two threads with a socket each both get connections', async (context) => {
      const sockets = await open(context, { backend, threads: 2 });
      for (const index of [0, 1]) {
        const thread = start(context, `thread ${index}`);
        await thread.listen(await sockets.lease(index));
      }
      const seen = new Set<string>();
      // The kernel spreads by a hash: the chance that one thread gets none of these is 1 in 2 ** 199.
      for (let count = 0; count < 200 && seen.size < 2; count++) seen.add(await askWho(sockets.address));
      assert.deepEqual([...seen].sort(), ['thread 0', 'thread 1']);
    });

    it('connections spread evenly over four threads, each within 35 % of the mean', async (context) => {
      const sockets = await open(context, { backend, threads: 4 });
      const names = ['thread 0', 'thread 1', 'thread 2', 'thread 3'];
      for (const [index, name] of names.entries()) {
        await start(context, name).listen(await sockets.lease(index));
      }
      const counts = new Map(names.map((name) => [name, 0]));
      for (let round = 0; round < SPREAD_CONNECTIONS / 80; round++) {
        const answers = await Promise.all(Array.from({ length: 80 }, () => askWho(sockets.address)));
        for (const name of answers) counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      const mean = SPREAD_CONNECTIONS / names.length;
      for (const [name, count] of counts) {
        assert.ok(Math.abs(count - mean) <= 0.35 * mean, `${name}: ${count} of ${SPREAD_CONNECTIONS}`);
      }
    });

    it('IPv6 and a name can be listened on', async (context) => {
      for (const [host, resolved] of [
        ['::1', '::1'],
        ['localhost', undefined],
      ] as const) {
        const sockets = await open(context, { backend, host });
        assert.match(sockets.address.host, /^(127\.0\.0\.1|::1)$/);
        if (resolved !== undefined) assert.equal(sockets.address.host, resolved);
        assert.equal(sockets.address.family, sockets.address.host.includes(':') ? 6 : 4);
        const thread = start(context, host);
        await thread.listen(await sockets.lease(0));
        assert.equal(await askWho(sockets.address), host);
      }
    });

    it('after close no lease is given', async () => {
      const sockets = await ListeningSockets.open({ host: '127.0.0.1', port: 0, threads: 1, backend });
      sockets.close();
      await assert.rejects(sockets.lease(0), { code: 'ERR_HEDDLE_SOCKETS_CLOSED' });
    });
  });
}

for (const backend of OWNING_BACKENDS) {
  describe(`sockets owned by the supervisor, duplicated by ${backend}`, () => {
    it('connections made while no thread listens are answered by the first thread that does', async (context) => {
      const sockets = await open(context, { backend, threads: 2 });
      const waiting = await Promise.all(Array.from({ length: 40 }, () => connectTo(sockets.address)));
      const thread = start(context, 'late');
      await thread.listen(await sockets.lease(0));
      await thread.listen(await sockets.lease(1));
      // Were a single one accepted by the main thread, it would hang here.
      const answers = await Promise.all(waiting.map(answerOf));
      assert.deepEqual(new Set(answers), new Set(['late']));
    });

    it('a thread that closes its listener leaves the socket and its queue to the next', async (context) => {
      const sockets = await open(context, { backend });
      const thread = start(context, 'same thread');
      await thread.listen(await sockets.lease(0));
      await thread.close();
      const waiting = await Promise.all(Array.from({ length: 20 }, () => connectTo(sockets.address)));
      await thread.listen(await sockets.lease(0));
      assert.deepEqual(new Set(await Promise.all(waiting.map(answerOf))), new Set(['same thread']));
    });

    it('a neighbour answers what waits for a stuck thread', async (context) => {
      const sockets = await open(context, { backend, threads: 2 });
      const [stuck, neighbour] = [start(context, 'stuck'), start(context, 'neighbour')];
      await stuck.listen(await sockets.lease(0));
      await neighbour.listen(await sockets.lease(1));
      await stuck.block();
      const waiting = await Promise.all(Array.from({ length: 40 }, () => connectTo(sockets.address)));
      await neighbour.listen(await sockets.lease(0));
      assert.deepEqual(new Set(await Promise.all(waiting.map(answerOf))), new Set(['neighbour']));
      await stuck.terminate();
      for (let count = 0; count < 20; count++) assert.equal(await askWho(sockets.address), 'neighbour');
    });

    it('the queue stays longer than the 511 that Node sets by itself', {
      skip: Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8')) < 1024,
    }, async (context) => {
      const sockets = await open(context, { backend });
      const stuck = start(context, 'stuck');
      await stuck.listen(await sockets.lease(0));
      await stuck.block();
      const waiting = await Promise.all(Array.from({ length: 560 }, () => connectTo(sockets.address)));
      for (const socket of waiting) socket.destroy();
    });

    it('one socket can be shared by all threads', async (context) => {
      const sockets = await open(context, { backend, threads: 2, shared: true });
      const [first, second] = [start(context, 'first'), start(context, 'second')];
      await first.listen(await sockets.lease(0));
      await second.listen(await sockets.lease(1));
      await first.terminate();
      for (let count = 0; count < 20; count++) assert.equal(await askWho(sockets.address), 'second');
    });

    it('no descriptor is left over from 50 leases whose threads were terminated', async (context) => {
      const sockets = await open(context, { backend });
      const cycle = async (): Promise<void> => {
        const thread = new LeaseThread('short-lived');
        const lease = await sockets.lease(0);
        await thread.listen(lease);
        await thread.terminate();
        sockets.release(lease);
      };
      await cycle();
      const before = openDescriptors();
      for (let count = 0; count < 50; count++) await cycle();
      assert.equal(openDescriptors(), before);
    });

    it('release closes a descriptor that its thread never took', async (context) => {
      const sockets = await open(context, { backend });
      const before = openDescriptors();
      const lease = await sockets.lease(0);
      assert.equal(openDescriptors(), before + 1);
      sockets.release(lease);
      sockets.release(lease);
      assert.equal(openDescriptors(), before);
    });

    it('release leaves alone a descriptor whose number was given out again', async (context) => {
      const sockets = await open(context, { backend });
      const closedByThread = await sockets.lease(0);
      assert('fd' in closedByThread);
      closeDescriptor(closedByThread.fd);
      const next = await sockets.lease(0);
      assert('fd' in next);
      assert.equal(next.fd, closedByThread.fd);
      sockets.release(closedByThread);
      const thread = start(context, 'next');
      await thread.listen(next);
      assert.equal(await askWho(sockets.address), 'next');
    });

    it('the port is free again after close', async (context) => {
      const sockets = await open(context, { backend, threads: 2 });
      sockets.close();
      const { port } = sockets.address;
      assert.equal((await open(context, { backend, port })).address.port, port);
    });
  });
}

describe('a stuck thread whose socket is withdrawn before it is terminated', { skip: !HAS_FFI }, () => {
  for (const hasAccepted of [true, false]) {
    const title = hasAccepted ? 'has accepted connections' : 'was stuck from the start';
    it(`leaves every waiting connection to its replacement: it ${title}`, async (context) => {
      const sockets = await open(context, { backend: 'ffi' });
      // Without withdraw() one round in five loses connections.
      for (let round = 0; round < 15; round++) {
        const [stuck, replacement] = [start(context, 'stuck'), start(context, 'replacement')];
        const lease = await sockets.lease(0);
        await stuck.listen(lease);
        if (hasAccepted) assert.equal(await askWho(sockets.address), 'stuck');
        await stuck.block();
        const waiting = await Promise.all(Array.from({ length: 20 }, () => connectTo(sockets.address)));
        assert.equal(sockets.withdraw(lease), true);
        await stuck.terminate();
        sockets.release(lease);
        await replacement.listen(await sockets.lease(0));
        assert.deepEqual(new Set(await Promise.all(waiting.map(answerOf))), new Set(['replacement']));
        await replacement.terminate();
      }
    });
  }

  it('costs no descriptor', async (context) => {
    const sockets = await open(context, { backend: 'ffi' });
    const before = openDescriptors();
    const lease = await sockets.lease(0);
    assert.equal(sockets.withdraw(lease), true);
    assert.equal(openDescriptors(), before + 1);
    assert.equal(sockets.withdraw(lease), false, 'it is no longer the socket');
    assert('fd' in lease);
    closeDescriptor(lease.fd);
    assert.equal(openDescriptors(), before);
  });
});

it('without a call into libc a socket cannot be withdrawn', async (context) => {
  for (const backend of ['helper', 'reuse-port'] as const) {
    const sockets = await open(context, { backend });
    assert.equal(sockets.withdraw(await sockets.lease(0)), false);
  }
});
