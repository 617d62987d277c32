import { chmodSync, existsSync, lstatSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { canHoldPaths, HeldSocket, MAX_SOCKET_PATH_BYTES } from '#native/held-socket.ts';
import { HeddleError } from '#observe/heddle-error.ts';
import { codeOf, tooManyFiles } from './bind-error.ts';
import type { SocketFile } from './listening-place.ts';

/**
 * Binds a Unix domain socket. A file that a server left behind when it was killed is removed; nothing else is.
 * @param file its path and permissions
 * @returns the socket, which does not listen yet: no client comes in before its permissions are set
 * @throws {HeddleError} `ERR_HEDDLE_SOCKET_IN_USE` where a server listens there, `ERR_HEDDLE_SOCKET_PATH` where no
 *   socket can be there, `ERR_HEDDLE_TOO_MANY_FILES`, `ERR_HEDDLE_BACKEND` where this Node cannot
 */
export async function bindSocketFile({ path, mode }: SocketFile): Promise<HeldSocket> {
  if (!canHoldPaths()) throw noUnixSockets();
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) {
    throw pathError(`has more than ${MAX_SOCKET_PATH_BYTES} bytes. Choose a shorter one`, path);
  }
  const socket = await bindInPlace(path);
  try {
    if (mode !== undefined) chmodSync(path, mode);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** The error where sockets cannot be handed to threads. */
export function noUnixSockets(): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_BACKEND',
    `Unix domain and inherited sockets cannot be shared between threads on this Node (${process.version}). Use --port, or Node 26.10 or a late 24 (24.21).`,
  );
}

async function bindInPlace(path: string): Promise<HeldSocket> {
  try {
    return new HeldSocket({ path });
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw bindFailure(error, path);
  }
  await removeStale(path);
  try {
    return new HeldSocket({ path });
  } catch (error) {
    throw codeOf(error) === 'EADDRINUSE' ? inUse(path) : bindFailure(error, path);
  }
}

/** A socket behind whose file nobody listens refuses connections. Anything less certain counts as a server. */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw pathError('is no socket and stays. Choose another path, or remove it yourself', path);
  }
  if ((await connectCode(path)) !== 'ECONNREFUSED') throw inUse(path);
  // Another server may have done the same since, and its file is not ours to remove.
  if (lstatSync(path, { throwIfNoEntry: false })?.ino === found.ino) unlinkSync(path);
}

/** The code by which a connection fails; undefined where it succeeds. */
function connectCode(path: string): Promise<string | undefined> {
  const socket = connect({ path });
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(undefined));
    socket.once('error', (error) => resolve(codeOf(error)));
  }).finally(() => socket.destroy()) as Promise<string | undefined>;
}

function bindFailure(cause: unknown, path: string): unknown {
  const code = codeOf(cause);
  if (code === 'EMFILE' || code === 'ENFILE') return tooManyFiles(cause);
  const folder = dirname(path);
  // libuv says EACCES of a missing folder too.
  const why = existsSync(folder)
    ? `cannot be made (${code}). Choose a folder that this user may write to`
    : `cannot be made: there is no folder ${folder}. Make it, or choose another`;
  return pathError(why, path, cause);
}

function pathError(why: string, path: string, cause?: unknown): HeddleError {
  return new HeddleError('ERR_HEDDLE_SOCKET_PATH', `The socket ${path} ${why}.`, { cause });
}

function inUse(path: string): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_SOCKET_IN_USE',
    `A server listens on the socket ${path}. Use another --socket, or stop that server.`,
  );
}
