import { fstatSync } from 'node:fs';
import net from 'node:net';

/** Where a socket is bound. */
export interface BoundAddress {
  /** A numeric address, without brackets. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  readonly family: 4 | 6;
}

/** What to bind. */
export interface BindRequest {
  /** A numeric IPv4 or IPv6 address; names are not resolved here. */
  readonly host: string;
  /** 0 to 65535; 0 lets the kernel choose. */
  readonly port: number;
  /** Bind with `SO_REUSEPORT`, so that other sockets of this user can bind the same address. */
  readonly reusePort: boolean;
}

/** How many connections the kernel may queue for one socket. It cuts the number to `net.core.somaxconn`. */
export const DEFAULT_BACKLOG = 4096;

/** Whether this Node can bind a socket without polling it (`net.BoundSocket`: 26.4, and late versions of 24). */
export function canHoldSockets(): boolean {
  return typeof net.BoundSocket === 'function';
}

/**
 * A TCP socket that this process keeps and never polls: it accepts nothing here. Whoever has a duplicate of its
 * descriptor can listen and accept; the socket and its queue stay when every duplicate is closed.
 */
export class HeldSocket {
  readonly address: BoundAddress;
  /** The descriptor. It belongs to this object: duplicate it, never close it or listen on it. */
  readonly fd: number;
  readonly #inode: number;
  readonly #bound: net.BoundSocket;
  #adopter: net.Socket | undefined;

  /**
   * Binds the socket.
   * @throws Node's error with the system's code: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, `ENOTSUP` where there is
   * no `SO_REUSEPORT`, ...
   */
  constructor(request: BindRequest) {
    this.#bound = new net.BoundSocket({
      host: request.host,
      port: request.port,
      reusePort: request.reusePort,
    });
    this.fd = this.#bound.fd();
    this.#inode = fstatSync(this.fd).ino;
    const { address, port, family } = this.#bound.address();
    this.address = { host: address, port, family: family === 'IPv6' ? 6 : 4 };
  }

  /**
   * The object by which Node passes the socket to another process. Node has no public name for it: a
   * `BoundSocket` cannot be sent, and a `Server` that can be sent would poll.
   */
  get handle(): unknown {
    // A socket that adopts a bound handle reads nothing before it connects, and this one never does.
    this.#adopter ??= new net.Socket({ handle: this.#bound });
    const { _handle: handle } = this.#adopter as { _handle?: unknown };
    if (handle === undefined || handle === null) throw new Error('This Node shows no handle for a socket.');
    return handle;
  }

  /**
   * Lets the kernel complete and queue connections from now on.
   * @param copy a duplicate of {@link fd}; it is closed here
   * @param backlog the length of the queue; every later `listen` on the socket sets it anew
   */
  listen(copy: number, backlog: number): Promise<void> {
    const server = net.createServer();
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      // Both in one tick: the event loop never gets to poll, so this process cannot accept a connection and
      // lose it.
      server.listen({ fd: copy }, backlog);
      if (server.listening) server.close(() => resolve());
    });
  }

  /** Whether a descriptor of this process refers to this socket, and not to something else or to nothing. */
  owns(fd: number): boolean {
    try {
      const stat = fstatSync(fd);
      return stat.isSocket() && stat.ino === this.#inode;
    } catch {
      return false;
    }
  }

  /** Gives the socket up. The kernel resets what is queued, unless a duplicate is still open. */
  close(): void {
    if (this.#adopter === undefined) this.#bound[Symbol.dispose]();
    else this.#adopter.destroy();
  }
}

/**
 * The descriptor behind one of Node's own handles.
 * @throws where this Node does not show it
 */
export function descriptorOf(handle: unknown): number {
  const fd = typeof handle === 'object' && handle !== null && 'fd' in handle ? handle.fd : undefined;
  if (typeof fd !== 'number' || fd < 0) throw new Error('This Node shows no descriptor for a handle.');
  return fd;
}
