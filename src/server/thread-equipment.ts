import type { MessagePort } from 'node:worker_threads';
import type { Lease } from '#native/lease.ts';
import { ConnectionBoard } from '#net/connection-board.ts';
import type { LineRing } from '#observe/line-ring.ts';
import type { PoolThreads } from '#pool/pool-threads.ts';
import type { ManagedThread, ThreadExit } from '#threads/managed-thread.ts';
import type { AccessLogFile } from './access-log-file.ts';
import type { ListeningSockets } from './listening-sockets.ts';
import { PoolSeats } from './pool-seats.ts';
import type { ProcessCounts } from './process-counts.ts';
import type { Settings } from './serve-options.ts';
import type { ServedPlan } from './served-plan.ts';
import type { ToServerThread } from './server-messages.ts';
import type { SharedLimits } from './shared-limits.ts';

/** What the equipment of a generation's threads is taken from. */
export interface EquipmentStore {
  /** The sockets of the server. */
  readonly sockets: ListeningSockets;
  /** The pool threads of the generation. */
  readonly pool: PoolThreads;
  /** How many threads may have a seat at the pool at a time. */
  readonly seats: number;
  /** How many server threads there are. */
  readonly threads: number;
  /** All options. */
  readonly settings: Settings;
  /** What is served beside the app. */
  readonly served: ServedPlan;
  /** What the threads of the process count; `undefined` where nobody could ask for it. */
  readonly counts: ProcessCounts | undefined;
  /** The access log of the server; `undefined` where there is none. */
  readonly accessLog: AccessLogFile | undefined;
  /** What all threads of the process count of clients. */
  readonly limits: SharedLimits;
}

/** What each server thread has for as long as it lives: leases of its sockets, a seat at the pool, a board, counts. */
export class ThreadEquipment {
  readonly #store: EquipmentStore;
  readonly #seats: PoolSeats;
  readonly #leases = new Map<ManagedThread, readonly Lease[]>();
  readonly #boards = new Map<ManagedThread, ConnectionBoard>();
  readonly #logRings = new Map<ManagedThread, LineRing>();

  /** @param store what it is taken from */
  constructor(store: EquipmentStore) {
    this.#store = store;
    this.#seats = new PoolSeats(store.pool, store.seats);
  }

  /** Where a thread shows what its connections are at; `undefined` before it has one, and after its end. */
  board(thread: ManagedThread): ConnectionBoard | undefined {
    return this.#boards.get(thread);
  }

  /**
   * Gives a thread all it needs to listen.
   * @throws HeddleError `ERR_HEDDLE_TOO_MANY_FILES`; `ERR_HEDDLE_SOCKETS_CLOSED`
   */
  async equip(thread: ManagedThread): Promise<void> {
    const { sockets, threads, settings, served, accessLog: log } = this.#store;
    const leases = await sockets.leasesOf(thread.index);
    if (thread.phase === 'exited') {
      // It died meanwhile, and its end has been handled: a seat for it would keep its replacement from the pool.
      for (const lease of leases) sockets.release(lease);
      return;
    }
    this.#leases.set(thread, leases);
    const seat = this.#seats.connect(thread, {
      deliver: (link) => send(thread, { kind: 'pool-link', link }, [link.port]),
      workerGone: (worker, reason) => send(thread, { kind: 'pool-gone', worker, reason }),
      failed: (error) => send(thread, { kind: 'pool-failed', error }),
    });
    const board = ConnectionBoard.allocate(settings.maxConnections);
    this.#boards.set(thread, new ConnectionBoard(board));
    const ports = seat.links.map((link) => link.port);
    const { host, port, path } = sockets.address;
    const address = { host, port, ...(path === undefined ? {} : { path }) };
    const counts = this.#store.counts?.open(thread);
    const ring = log?.join();
    if (ring !== undefined) this.#logRings.set(thread, ring);
    const accessLog = ring === undefined ? undefined : log?.seat(ring, settings);
    const limits = this.#store.limits.open(thread, settings, threads);
    const shared = { board, counts, accessLog, limits };
    send(thread, { kind: 'listen', settings, threads, address, served, leases, seat, ...shared }, ports);
  }

  /** Takes the sockets away from a thread that still listens and is about to be ended. */
  withdraw(thread: ManagedThread): void {
    for (const lease of this.#leases.get(thread) ?? []) this.#store.sockets.withdraw(lease);
  }

  /**
   * Takes everything back from a thread that has ended. One that native code holds keeps its descriptors: it closes
   * them itself when the call returns, and by then each number could be another's.
   * @param exit how it ended
   */
  takeBack(thread: ManagedThread, { kind }: ThreadExit): void {
    this.#boards.delete(thread);
    this.#store.counts?.close(thread);
    const ring = this.#logRings.get(thread);
    this.#logRings.delete(thread);
    if (ring !== undefined) this.#store.accessLog?.leave(ring);
    this.#store.limits.close(thread);
    this.#seats.disconnect(thread);
    const leases = this.#leases.get(thread) ?? [];
    this.#leases.delete(thread);
    if (kind === 'stuck') return;
    for (const lease of leases) this.#store.sockets.release(lease);
  }
}

function send(thread: ManagedThread, message: ToServerThread, transfer: readonly MessagePort[] = []): void {
  thread.post(message, transfer);
}
