import type { Duplicator } from '#native/duplicator.ts';
import { HeldSocket } from '#native/held-socket.ts';
import { closeDescriptor } from '#native/lease.ts';
import { codeOf } from './bind-error.ts';
import { holdInherited, type InheritedSockets, notListening } from './inherited-sockets.ts';
import type { SocketFile } from './listening-place.ts';
import { bindSocketFile } from './socket-file.ts';

/** Sockets that listen. */
export interface BoundSockets {
  /** At least one. */
  readonly sockets: readonly HeldSocket[];
  /** Whether all threads accept from all of them; else each thread has one of its own. */
  readonly isShared: boolean;
}

/** A port to listen on. */
export interface PortRequest {
  /** A numeric address. */
  readonly host: string;
  /** 0 to 65535; 0 lets the kernel choose. */
  readonly port: number;
  /** How many sockets, at least 1. */
  readonly threads: number;
  /** One socket for all. @default false */
  readonly shared?: boolean;
}

/**
 * Listens on a port, by one `SO_REUSEPORT` socket for each thread.
 * @param duplicator makes the copies that `listen` needs
 * @param request where
 * @param backlog the length of each queue
 * @throws the error of the operating system, such as `EADDRINUSE`
 */
export async function listenOnPort(
  duplicator: Duplicator,
  request: PortRequest,
  backlog: number,
): Promise<BoundSockets> {
  const { host } = request;
  const { sockets, isShared } = bindAll(request);
  await listenAll(duplicator, sockets, backlog, () => {
    // With SO_REUSEPORT a second server of the same user would share the port in silence and take half of the
    // connections. A socket without it cannot be bound where anyone listens. Nothing waits between this and the
    // first `listen`, so only two servers that start within the same few microseconds can both pass.
    const port = sockets[0]?.address.port ?? 0;
    if (!isShared) new HeldSocket({ host, port, reusePort: false }).close();
  });
  return { sockets, isShared };
}

/**
 * Listens on a Unix domain socket; the kernel spreads no connections over several, so all threads share it.
 * @param duplicator makes the copy that `listen` needs
 * @param file its path and permissions
 * @param backlog the length of its queue
 * @throws {HeddleError} as `bindSocketFile`
 */
export async function listenOnFile(
  duplicator: Duplicator,
  file: SocketFile,
  backlog: number,
): Promise<BoundSockets> {
  const sockets = [await bindSocketFile(file)];
  await listenAll(duplicator, sockets, backlog);
  return { sockets, isShared: true };
}

/**
 * Listens on sockets that this process was started with.
 * @param duplicator makes the copies that `listen` needs
 * @param inherited the sockets
 * @param threads how many server threads there are; sockets of one each that are not as many are shared by all
 * @param backlog the length of each queue, which is set anew
 * @throws {HeddleError} `ERR_HEDDLE_INHERITED_SOCKET`
 */
export async function listenOnInherited(
  duplicator: Duplicator,
  { descriptors, oneEach }: InheritedSockets,
  threads: number,
  backlog: number,
): Promise<BoundSockets> {
  const sockets = holdInherited(descriptors);
  try {
    await listenAll(duplicator, sockets, backlog);
  } catch (error) {
    // What a connected socket answers: systemd passes one for each client where Accept=yes.
    throw codeOf(error) === 'EINVAL' ? notListening(descriptors[0] ?? -1, error) : error;
  }
  return { sockets, isShared: !oneEach || sockets.length !== threads };
}

/** Makes all of them listen, or closes them all. */
async function listenAll(
  duplicator: Duplicator,
  sockets: readonly HeldSocket[],
  backlog: number,
  check: () => void = () => undefined,
): Promise<void> {
  const copies: number[] = [];
  try {
    for (const socket of sockets) copies.push(await duplicator.duplicate(socket));
    check();
    await Promise.all(sockets.map((socket) => socket.listen(copies.shift() ?? -1, backlog)));
  } catch (error) {
    for (const copy of copies) closeDescriptor(copy);
    for (const socket of sockets) socket.close();
    throw error;
  }
}

/** Binds all sockets to one address; where the port is 0, the first chooses it. Nothing listens yet. */
function bindAll({ host, port, threads, shared = false }: PortRequest): BoundSockets {
  const { socket: first, isShared } = bindFirst(host, port, shared);
  const sockets = [first];
  try {
    while (!isShared && sockets.length < threads) {
      sockets.push(new HeldSocket({ host, port: first.address.port, reusePort: true }));
    }
  } catch (error) {
    for (const socket of sockets) socket.close();
    throw error;
  }
  return { sockets, isShared };
}

/** Where the system spreads no connections over sockets (macOS), all threads share one. */
function bindFirst(host: string, port: number, isShared: boolean): { socket: HeldSocket; isShared: boolean } {
  try {
    return { socket: new HeldSocket({ host, port, reusePort: !isShared }), isShared };
  } catch (error) {
    if (isShared || codeOf(error) !== 'ENOTSUP') throw error;
    return { socket: new HeldSocket({ host, port, reusePort: false }), isShared: true };
  }
}
