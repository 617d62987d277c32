import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Lease } from '#native/lease.ts';
import type { ListeningSockets } from '#server/listening-sockets.ts';
import { OrphanedSockets } from '#server/orphaned-sockets.ts';
import type { ManagedThread } from '#threads/managed-thread.ts';

/** Sockets whose leases come when the test says so. */
class FakeSockets {
  readonly released: Lease[] = [];
  readonly withdrawn: Lease[] = [];
  readonly asked: { readonly index: number; readonly give: () => void }[] = [];
  readonly isShared: boolean;

  constructor(isShared = false) {
    this.isShared = isShared;
  }

  /** The descriptor of socket n is 100 + n. */
  lease(index: number): Promise<Lease> {
    const { promise, resolve } = Promise.withResolvers<Lease>();
    this.asked.push({ index, give: () => resolve({ fd: 100 + index, backlog: 1 }) });
    return promise;
  }

  release(lease: Lease): void {
    this.released.push(lease);
  }

  withdraw(lease: Lease): void {
    this.withdrawn.push(lease);
  }

  /** Gives all leases that were asked for, until no more are. */
  async giveAll(placing: Promise<void>): Promise<void> {
    let isPlaced = false;
    void placing.then(() => {
      isPlaced = true;
    });
    while (!isPlaced) {
      for (const { give } of this.asked.splice(0)) give();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

class FakeThread {
  readonly posted: unknown[] = [];
  phase = 'ready';

  post(message: unknown): void {
    this.posted.push(message);
  }
}

function setUp({ isShared = false } = {}) {
  const sockets = new FakeSockets(isShared);
  const orphans = new OrphanedSockets(sockets as unknown as ListeningSockets);
  const threads = [new FakeThread(), new FakeThread()];
  const place = (some = threads): Promise<void> => orphans.place(some as unknown as ManagedThread[]);
  const forsake = (thread?: FakeThread): void => orphans.forsake(thread as unknown as ManagedThread);
  return { sockets, orphans, threads, place, forsake };
}

const adopt = (index: number) => ({ kind: 'adopt', lease: { fd: 100 + index, backlog: 1 } });
const leave = (index: number) => ({ kind: 'leave', lease: { fd: 100 + index, backlog: 1 } });

suite('sockets that nobody accepts from', () => {
  test('are adopted in turn, each once, and left when their own threads are back', async () => {
    const { sockets, orphans, threads, place } = setUp();
    for (const index of [2, 3]) orphans.add(index);
    await sockets.giveAll(place());
    assert.deepEqual(
      threads.map(({ posted }) => posted),
      [[adopt(2)], [adopt(3)]],
    );
    orphans.add(2);
    await sockets.giveAll(place());
    orphans.remove(2);
    assert.deepEqual(
      threads.map(({ posted }) => posted),
      [[adopt(2), leave(2)], [adopt(3)]],
    );
    assert.deepEqual(sockets.released, []);
  });

  test('are not adopted where their threads are back before the lease has come', async () => {
    const { sockets, orphans, threads, place } = setUp();
    orphans.add(2);
    const placing = place();
    orphans.remove(2);
    await sockets.giveAll(placing);
    assert.deepEqual(
      threads.map(({ posted }) => posted),
      [[], []],
    );
    assert.deepEqual(sockets.released, [adopt(2).lease]);
    await sockets.giveAll(place());
    assert.deepEqual(threads[0]?.posted, []);
  });

  test('are adopted by one alone where they are placed twice at a time', async () => {
    const { sockets, orphans, threads, place } = setUp();
    orphans.add(2);
    const placings = Promise.all([place(), place()]).then(() => undefined);
    await sockets.giveAll(placings);
    assert.deepEqual(threads[0]?.posted, [adopt(2)]);
    assert.deepEqual(sockets.released, [adopt(2).lease]);
  });

  test('wait for a thread that is ready', async () => {
    const { sockets, orphans, threads, place } = setUp();
    const [first, second] = threads as [FakeThread, FakeThread];
    orphans.add(2);
    await place([]);
    first.phase = 'draining';
    await sockets.giveAll(place([first]));
    assert.deepEqual([first.posted, sockets.asked], [[], []]);
    // One that ends while the lease is made gets none.
    const placing = place([second]);
    second.phase = 'exited';
    await sockets.giveAll(placing);
    assert.deepEqual([second.posted, sockets.released], [[], [adopt(2).lease]]);
    first.phase = 'ready';
    await sockets.giveAll(place([first]));
    assert.deepEqual(first.posted, [adopt(2)]);
  });

  test('need another where their adopter has ended, whose leases are given back', async () => {
    const { sockets, orphans, threads, place, forsake } = setUp();
    const [first, second] = threads as [FakeThread, FakeThread];
    orphans.add(2);
    await sockets.giveAll(place());
    forsake(second);
    assert.deepEqual(sockets.released, []);
    forsake(first);
    assert.deepEqual(sockets.released, [adopt(2).lease]);
    await sockets.giveAll(place([second]));
    assert.deepEqual(second.posted, [adopt(2)]);
    orphans.remove(2);
    assert.deepEqual([first.posted, second.posted], [[adopt(2)], [adopt(2), leave(2)]]);
  });

  test('are taken away from an adopter that is about to be ended; one that native code holds keeps its descriptor', async () => {
    const { sockets, orphans, threads, place } = setUp();
    const [first, second] = threads as unknown as [ManagedThread, ManagedThread];
    orphans.add(2);
    await sockets.giveAll(place());
    orphans.withdraw(second);
    assert.deepEqual(sockets.withdrawn, []);
    orphans.withdraw(first);
    assert.deepEqual(sockets.withdrawn, [adopt(2).lease]);
    orphans.forsake(first, true);
    assert.deepEqual(sockets.released, []);
    await sockets.giveAll(orphans.place([second]));
    assert.deepEqual(threads[1]?.posted, [adopt(2)]);
  });

  test('are no matter where all threads share one', async () => {
    const { sockets, orphans, threads, place } = setUp({ isShared: true });
    orphans.add(0);
    await place();
    orphans.remove(0);
    assert.deepEqual([sockets.asked, threads[0]?.posted], [[], []]);
  });
});
