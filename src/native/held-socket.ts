import { fstatSync, lstatSync, readFileSync, renameSync } from 'node:fs';
import net from 'node:net';

/** Where a socket is bound. */
export interface BoundAddress {
  /** A numeric address, without brackets; empty for a Unix domain socket. */
  readonly host: string;
  /** 1 to 65535; 0 for a Unix domain socket. */
  readonly port: number;
  /** The family of its addresses. */
  readonly family: 4 | 6 | 'unix';
  /** The file of a Unix domain socket: empty where it has none that is known. */
  readonly path?: string;
}

/** What to bind. */
export interface BindRequest {
  /** A numeric IPv4 or IPv6 address; names are not resolved here. `::` takes IPv4 connections too. */
  readonly host: string;
  /** 0 to 65535; 0 lets the kernel choose. */
  readonly port: number;
  /** Bind with `SO_REUSEPORT`, so that other sockets of this user can bind the same address. */
  readonly reusePort: boolean;
}

/** Bind a Unix domain socket. */
export interface BindPathRequest {
  /** Where its file comes to be: absolute, at most {@link MAX_SOCKET_PATH_BYTES}. A longer one is cut by libuv. */
  readonly path: string;
}

/** Hold a socket that this process was started with. */
export interface AdoptRequest {
  /** A descriptor of a stream socket; it belongs to the {@link HeldSocket} from now on. */
  readonly fd: number;
}

/** The number of the first descriptor that a process can be passed behind its outputs (`SD_LISTEN_FDS_START`). */
export const FIRST_PASSED_DESCRIPTOR = 3;

/** How many connections the kernel may queue for one socket. It cuts the number to `net.core.somaxconn`. */
export const DEFAULT_BACKLOG = 4096;

/** The longest path of a Unix domain socket, in bytes: what the kernel's `sun_path` holds beside its NUL. */
export const MAX_SOCKET_PATH_BYTES: number = process.platform === 'linux' ? 107 : 103;

/** Whether this Node can bind a socket without polling it (`net.BoundSocket`: 26.4, and late versions of 24). */
export function canHoldSockets(): boolean {
  return typeof net.BoundSocket === 'function';
}

/** Whether it can do so for a Unix domain socket; the property is how Node says it. */
export function canHoldPaths(): boolean {
  return canHoldSockets() && 'isPipe' in net.BoundSocket.prototype;
}

/**
 * A stream socket that this process keeps and never polls: it accepts nothing here. Whoever has a duplicate of its
 * descriptor can listen and accept; the socket and its queue stay when every duplicate is closed.
 */
export class HeldSocket {
  readonly address: BoundAddress;
  /** The descriptor. It belongs to this object: duplicate it, never close it or listen on it. */
  readonly fd: number;
  readonly #inode: number;
  readonly #bound: net.BoundSocket | undefined;
  /** The number that the file of a Unix domain socket has in its file system. */
  readonly #fileInode: number | undefined;
  #adopter: net.Socket | undefined;

  /**
   * Binds the socket, or holds one that is bound.
   * @throws Node's error with the system's code: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, `ENOTSUP` where there is
   * no `SO_REUSEPORT`, ...; `ERR_INVALID_FD_TYPE` for a descriptor that is no stream socket
   */
  constructor(request: BindRequest | BindPathRequest | AdoptRequest) {
    if ('fd' in request) {
      this.fd = request.fd;
      this.#inode = fstatSync(this.fd).ino;
      // Neither is read from nor written to: the event loop has no reason to watch it.
      this.#adopter = new net.Socket({ fd: request.fd, readable: false, writable: false });
      this.address = addressOf(this.#adopter.address()) ?? unixAddress(unixPathOf(this.#inode));
      return;
    }
    // The types of Node do not know `path` yet.
    const options: object =
      'path' in request
        ? { path: request.path }
        : { host: request.host, port: request.port, reusePort: request.reusePort };
    this.#bound = new net.BoundSocket(options);
    this.fd = this.#bound.fd();
    this.#inode = fstatSync(this.fd).ino;
    if ('path' in request) this.#fileInode = lstatSync(request.path).ino;
    const address: unknown = this.#bound.address();
    this.address = addressOf(address) ?? unixAddress(String(address));
  }

  /**
   * The object by which Node passes the socket to another process. Node has no public name for it: a
   * `BoundSocket` cannot be sent, and a `Server` that can be sent would poll.
   */
  get handle(): unknown {
    // A socket that adopts a bound handle reads nothing before it connects, and this one never does.
    if (this.#bound !== undefined) this.#adopter ??= new net.Socket({ handle: this.#bound });
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

  /** The file that it made, by its path and its number in its file system. */
  get file(): { readonly path: string; readonly inode: number } | undefined {
    const { path } = this.address;
    if (path === undefined || this.#fileInode === undefined) return undefined;
    return { path, inode: this.#fileInode };
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

  /**
   * Gives the socket up, and removes the file that it made. The kernel resets what is queued, unless a duplicate is
   * still open.
   */
  close(): void {
    const { path } = this.address;
    if (this.#fileInode === undefined || path === undefined || inodeAt(path) === this.#fileInode) {
      this.#release();
      return;
    }
    // libuv removes whatever has the name by now: the file of the next server, if somebody deleted ours before.
    const aside = `${path}.${process.pid}`;
    const isForeign = inodeAt(path) !== undefined;
    if (isForeign) renameSync(path, aside);
    this.#release();
    if (isForeign) renameSync(aside, path);
  }

  #release(): void {
    if (this.#adopter === undefined) this.#bound?.[Symbol.dispose]();
    else this.#adopter.destroy();
  }
}

function addressOf(address: unknown): BoundAddress | undefined {
  if (typeof address !== 'object' || address === null || !('port' in address)) return undefined;
  const { address: host, port, family } = address as net.AddressInfo;
  return { host, port, family: family === 'IPv6' ? 6 : 4 };
}

function unixAddress(path: string): BoundAddress {
  return { host: '', port: 0, family: 'unix', path };
}

/** Node does not ask the kernel for the path of a socket that it did not bind. */
function unixPathOf(inode: number): string {
  try {
    const row = new RegExp(`^(?:\\S+ +){6}${inode} (.*)$`, 'm');
    return row.exec(readFileSync('/proc/net/unix', 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}

function inodeAt(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.ino;
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
