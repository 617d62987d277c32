import { createServer } from 'node:net';
import type { Duplicator, DuplicatorBackend } from '#native/duplicator.ts';
import { type BoundAddress, DEFAULT_BACKLOG, type HeldSocket } from '#native/held-socket.ts';
import { closeDescriptor, type Lease } from '#native/lease.ts';
import { openDuplicator } from '#native/open-duplicator.ts';
import { HeddleError } from '#observe/heddle-error.ts';
import { bindError, codeOf, tooManyFiles } from './bind-error.ts';
import { type BoundSockets, listenOnFile, listenOnInherited, listenOnPort } from './bound-sockets.ts';
import { type ListeningPlace, resolveHost } from './listening-place.ts';
import { noUnixSockets } from './socket-file.ts';
import type { SocketKeeper } from './socket-keeper.ts';

/**
 * How threads come to a socket: a duplicate made by libc, a duplicate made by a child process, or, where neither
 * works, a socket that each thread binds for itself.
 */
export type ListeningBackend = DuplicatorBackend | 'reuse-port';

/** What to listen on, and for how many. */
export interface ListeningOptions extends ListeningPlace {
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
   * One socket for all threads, as where the system knows no `SO_REUSEPORT`, and always for a file and for inherited
   * sockets. Whoever is awake takes the next connection, so the spread is uneven.
   * @default false
   */
  readonly shared?: boolean;
}

/**
 * The listening sockets of the server, one for each server thread or the same for all, kept by the supervisor for the
 * life of the process and never polled by it. Threads come and go; the sockets and the connections queued in them stay. Start:
 * before the first thread. Stop: after the last thread has closed its listener.
 */
export class ListeningSockets {
  /** Where the sockets are bound: with the port that the kernel chose, with the address of a name. */
  readonly address: BoundAddress;
  /** The way that is used. With `reuse-port`, connections that wait when a thread closes its listener are lost. */
  readonly backend: ListeningBackend;
  readonly #backlog: number;
  readonly #sockets: readonly HeldSocket[];
  readonly #isShared: boolean;
  readonly #duplicator: Duplicator | undefined;
  /** The newest lease of each descriptor number: the kernel gives out the number of a closed one again. */
  readonly #leases = new Map<number, Lease>();
  #isClosed = false;

  private constructor(
    address: BoundAddress,
    backlog: number,
    { sockets, isShared }: BoundSockets,
    duplicator: Duplicator | undefined,
  ) {
    this.address = address;
    this.backend = duplicator?.backend ?? 'reuse-port';
    this.#backlog = backlog;
    this.#sockets = sockets;
    this.#isShared = isShared;
    this.#duplicator = duplicator;
  }

  /**
   * Binds the sockets. From then on the kernel queues connections, except with `reuse-port`.
   * @throws HeddleError `ERR_HEDDLE_PORT_IN_USE`, `ERR_HEDDLE_PORT_DENIED`, `ERR_HEDDLE_ADDRESS`,
   * `ERR_HEDDLE_SOCKET_IN_USE`, `ERR_HEDDLE_SOCKET_PATH`, `ERR_HEDDLE_INHERITED_SOCKET`, `ERR_HEDDLE_TOO_MANY_FILES`;
   * `ERR_HEDDLE_BACKEND` if the one asked for does not work here, or none does that a file or inherited sockets need
   */
  static async open(options: ListeningOptions): Promise<ListeningSockets> {
    const backlog = options.backlog ?? DEFAULT_BACKLOG;
    const duplicator = await chooseDuplicator(options.backend);
    let host: string | undefined;
    try {
      let bound = await listenWithoutPort(options, duplicator, backlog);
      if (bound === undefined) {
        host = await resolveHost(options.host);
        if (duplicator === undefined) {
          const address = await reservePort(host, options.port);
          return new ListeningSockets(address, backlog, { sockets: [], isShared: false }, undefined);
        }
        bound = await listenOnPort(duplicator, { ...options, host }, backlog);
      }
      const [first] = bound.sockets;
      if (first === undefined) throw new Error('No socket was bound.');
      return new ListeningSockets(first.address, backlog, bound, duplicator);
    } catch (error) {
      duplicator?.close();
      throw bindError(error, { host: options.host, port: options.port, address: host });
    }
  }

  /** Whether every thread accepts from all of the sockets: then none is lost with its thread. */
  get isShared(): boolean {
    return this.#isShared;
  }

  /**
   * Makes the leases of all that a thread is to accept from.
   * @param thread its number
   * @throws HeddleError as {@link lease}
   */
  async leasesOf(thread: number): Promise<readonly Lease[]> {
    const leases: Lease[] = [];
    try {
      for (const index of this.#isShared ? this.#sockets.keys() : [thread]) {
        leases.push(await this.lease(index));
      }
      return leases;
    } catch (error) {
      for (const lease of leases) this.release(lease);
      throw error;
    }
  }

  /**
   * Makes a lease of one socket, for any thread: the one the socket is for, its replacement, or a neighbour that
   * helps out. What it holds is posted to the thread, which passes it to `listenOnLease`.
   * @param index which socket: that of server thread 0, 1, ...; a shared one by its own number
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

  /**
   * Hands the sockets to whoever is to hold them too. With `reuse-port` there is none to hand over.
   * @param keeper of them
   */
  async keepWith(keeper: SocketKeeper): Promise<void> {
    await keeper.keep(this.#sockets, !this.#isShared);
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

/** A file and inherited sockets: a thread cannot bind its own. */
async function listenWithoutPort(
  { inherited, file, threads }: ListeningOptions,
  duplicator: Duplicator | undefined,
  backlog: number,
): Promise<BoundSockets | undefined> {
  const isInherited = inherited !== undefined && inherited.descriptors.length > 0;
  if (!isInherited && file === undefined) return undefined;
  if (duplicator === undefined) throw noUnixSockets();
  if (isInherited) return listenOnInherited(duplicator, inherited, threads, backlog);
  return file === undefined ? undefined : listenOnFile(duplicator, file, backlog);
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
