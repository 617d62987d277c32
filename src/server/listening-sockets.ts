import { lookup } from 'node:dns/promises';
import { createServer } from 'node:net';
import type { Duplicator, DuplicatorBackend } from '#native/duplicator.ts';
import { type BoundAddress, DEFAULT_BACKLOG, HeldSocket } from '#native/held-socket.ts';
import { closeDescriptor, type Lease } from '#native/lease.ts';
import { openDuplicator } from '#native/open-duplicator.ts';
import { HeddleError } from '#observe/heddle-error.ts';
import { bindError, codeOf, tooManyFiles } from './bind-error.ts';

/**
 * How threads come to a socket: a duplicate made by libc, a duplicate made by a child process, or, where neither
 * works, a socket that each thread binds for itself.
 */
export type ListeningBackend = DuplicatorBackend | 'reuse-port';

/** What to listen on. */
export interface ListeningOptions {
  /** A numeric address or a name; of a name's addresses the first is taken. */
  readonly host: string;
  /** 0 to 65535; 0 lets the kernel choose. */
  readonly port: number;
  /** How many server threads there will be, at least 1. */
  readonly threads: number;
  /**
   * How many connections may wait in each socket's queue. The kernel cuts it to `net.core.somaxconn`.
   * @default 4096
   */
  readonly backlog?: number;
  /**
   * Insists on one way instead of the best that works here.
   * @default the first of ffi, helper, reuse-port that works
   */
  readonly backend?: ListeningBackend;
  /**
   * One socket for all threads, as where the system knows no `SO_REUSEPORT`. Whoever is awake takes the next
   * connection, so the spread is uneven.
   * @default false
   */
  readonly shared?: boolean;
}

/**
 * The listening sockets of the server, one for each server thread, kept by the supervisor for the life of the
 * process and never polled by it. Threads come and go; the sockets and the connections queued in them stay. Start:
 * before the first thread. Stop: after the last thread has closed its listener.
 */
export class ListeningSockets {
  /** Where the sockets are bound: with the port that the kernel chose, with the address of a name. */
  readonly address: BoundAddress;
  /** The way that is used. With `reuse-port`, connections that wait when a thread closes its listener are lost. */
  readonly backend: ListeningBackend;
  readonly #backlog: number;
  readonly #sockets: readonly HeldSocket[];
  readonly #duplicator: Duplicator | undefined;
  /** The newest lease of each descriptor number: the kernel gives out the number of a closed one again. */
  readonly #leases = new Map<number, Lease>();
  #isClosed = false;

  private constructor(
    address: BoundAddress,
    backlog: number,
    sockets: readonly HeldSocket[],
    duplicator: Duplicator | undefined,
  ) {
    this.address = address;
    this.backend = duplicator?.backend ?? 'reuse-port';
    this.#backlog = backlog;
    this.#sockets = sockets;
    this.#duplicator = duplicator;
  }

  /**
   * Binds the sockets. From then on the kernel queues connections, except with `reuse-port`.
   * @throws HeddleError `ERR_HEDDLE_PORT_IN_USE`, `ERR_HEDDLE_PORT_DENIED`, `ERR_HEDDLE_ADDRESS`,
   * `ERR_HEDDLE_TOO_MANY_FILES`; `ERR_HEDDLE_BACKEND` if the one asked for does not work here
   */
  static async open(options: ListeningOptions): Promise<ListeningSockets> {
    const backlog = options.backlog ?? DEFAULT_BACKLOG;
    const duplicator = await chooseDuplicator(options.backend);
    let host: string | undefined;
    try {
      ({ address: host } = await lookup(options.host));
      if (duplicator === undefined) {
        return new ListeningSockets(await reservePort(host, options.port), backlog, [], undefined);
      }
      const sockets = await listenAll(duplicator, { ...options, host }, backlog);
      const [{ address }] = sockets;
      return new ListeningSockets(address, backlog, sockets, duplicator);
    } catch (error) {
      duplicator?.close();
      throw bindError(error, { host: options.host, port: options.port, address: host });
    }
  }

  /**
   * Makes a lease of one socket, for any thread: the one the socket is for, its replacement, or a neighbour that
   * helps out. What it holds is posted to the thread, which passes it to `listenOnLease`.
   * @param index which socket: that of server thread 0, 1, ...
   * @throws HeddleError `ERR_HEDDLE_TOO_MANY_FILES`; `ERR_HEDDLE_SOCKETS_CLOSED` after {@link close}
   */
  async lease(index: number): Promise<Lease> {
    if (this.#isClosed) throw socketsClosed();
    if (this.#duplicator === undefined) {
      const { host, port } = this.address;
      return { reusePort: { host, port }, backlog: this.#backlog };
    }
    const socket = this.#sockets[index % this.#sockets.length];
    if (socket === undefined) throw new RangeError(`There is no listening socket ${index}.`);
    const fd = await this.#duplicate(this.#duplicator, socket);
    const lease = { fd, backlog: this.#backlog };
    this.#leases.set(fd, lease);
    return lease;
  }

  /**
   * Takes a socket away from a thread that is stuck. Call it directly before the thread is terminated: the event
   * loop of a terminated thread turns once more, and the connections that wait would be accepted there and lost
   * (measured: all 20, in one of five terminations). A thread that runs on would see its listener fail instead.
   * @returns whether it was taken: false with `helper` and `reuse-port`; then let a neighbour empty the queue first
   */
  withdraw(lease: Lease): boolean {
    if (!('fd' in lease) || this.#leases.get(lease.fd) !== lease) return false;
    if (!this.#sockets.some((socket) => socket.owns(lease.fd))) return false;
    return this.#duplicator?.disable(lease.fd) ?? false;
  }

  /**
   * Closes the descriptor of a lease that its thread left open, because it never came to listen on it. Call it
   * only after the thread has exited; if the thread closed the descriptor, nothing happens.
   */
  release(lease: Lease): void {
    if (!('fd' in lease) || this.#leases.get(lease.fd) !== lease) return;
    this.#leases.delete(lease.fd);
    if (this.#sockets.some((socket) => socket.owns(lease.fd))) closeDescriptor(lease.fd);
  }

  /** Gives the sockets up. A thread that still listens keeps its socket open until it closes its listener. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#duplicator?.close();
    for (const socket of this.#sockets) socket.close();
  }

  async #duplicate(duplicator: Duplicator, socket: HeldSocket): Promise<number> {
    let fd: number;
    try {
      fd = await duplicator.duplicate(socket);
    } catch (error) {
      if (this.#isClosed) throw socketsClosed();
      throw codeOf(error) === 'EMFILE' ? tooManyFiles(error) : error;
    }
    if (!this.#isClosed) return fd;
    closeDescriptor(fd);
    throw socketsClosed();
  }
}

function socketsClosed(): HeddleError {
  return new HeddleError('ERR_HEDDLE_SOCKETS_CLOSED', 'The server is shutting down and listens no more.');
}

/** `ffi` takes a microsecond, `helper` half a millisecond and a process. */
async function chooseDuplicator(backend: ListeningBackend | undefined): Promise<Duplicator | undefined> {
  if (backend === 'reuse-port') return undefined;
  for (const candidate of backend === undefined ? (['ffi', 'helper'] as const) : [backend]) {
    const duplicator = await openDuplicator(candidate);
    if (duplicator !== undefined) return duplicator;
  }
  if (backend === undefined) return undefined;
  throw new HeddleError(
    'ERR_HEDDLE_BACKEND',
    `Sockets cannot be shared between threads by '${backend}' on this Node (${process.version}). Leave the choice to heddle.`,
  );
}

type AtLeastOne<T> = readonly [T, ...T[]];

async function listenAll(
  duplicator: Duplicator,
  options: ListeningOptions,
  backlog: number,
): Promise<AtLeastOne<HeldSocket>> {
  const { host } = options;
  const { sockets, isReused } = bindAll(options);
  const copies: number[] = [];
  try {
    for (const socket of sockets) copies.push(await duplicator.duplicate(socket));
    // With SO_REUSEPORT a second server of the same user would share the port in silence and take half of the
    // connections. A socket without it cannot be bound where anyone listens. Nothing waits between this and the
    // first `listen`, so only two servers that start within the same few microseconds can both pass.
    if (isReused) new HeldSocket({ host, port: sockets[0].address.port, reusePort: false }).close();
    await Promise.all(sockets.map((socket) => socket.listen(copies.shift() ?? -1, backlog)));
    return sockets;
  } catch (error) {
    for (const copy of copies) closeDescriptor(copy);
    for (const socket of sockets) socket.close();
    throw error;
  }
}

/** Binds all sockets to one address; where the port is 0, the first chooses it. Nothing listens yet. */
function bindAll({ host, port, threads, shared = false }: ListeningOptions): {
  sockets: AtLeastOne<HeldSocket>;
  isReused: boolean;
} {
  const { socket: first, isReused } = bindFirst(host, port, !shared);
  const sockets: [HeldSocket, ...HeldSocket[]] = [first];
  try {
    while (isReused && sockets.length < threads) {
      sockets.push(new HeldSocket({ host, port: first.address.port, reusePort: true }));
    }
  } catch (error) {
    for (const socket of sockets) socket.close();
    throw error;
  }
  return { sockets, isReused };
}

/** Where the system spreads no connections over sockets (macOS), all threads share one. */
function bindFirst(
  host: string,
  port: number,
  reusePort: boolean,
): { socket: HeldSocket; isReused: boolean } {
  try {
    return { socket: new HeldSocket({ host, port, reusePort }), isReused: reusePort };
  } catch (error) {
    if (!reusePort || codeOf(error) !== 'ENOTSUP') throw error;
    return { socket: new HeldSocket({ host, port, reusePort: false }), isReused: false };
  }
}

/**
 * Finds out that a port is free, and which one where it is 0. The port is not held from then until the first
 * thread listens on it: a process that can hold a socket is not here.
 */
function reservePort(host: string, port: number): Promise<BoundAddress> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('No address was bound.'));
        else
          resolve({ host: address.address, port: address.port, family: address.family === 'IPv6' ? 6 : 4 });
      });
    });
  });
}
