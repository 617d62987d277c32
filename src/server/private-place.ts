import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canHoldPaths, MAX_SOCKET_PATH_BYTES } from '#native/held-socket.ts';
import type { Settings } from './serve-options.ts';

/** A place to listen that nobody else is meant to find. */
export interface PrivatePlace {
  /** The options that listen there. */
  readonly values: Readonly<Pick<Settings, 'socket' | 'port' | 'hostname' | 'admin'>>;
  /** Takes its traces away; call it once connected, or at the end. */
  remove(): void;
}

/**
 * Makes a place for a server that has one client, in this process: a Unix domain socket in a folder that this user alone
 * can enter. Where this Node cannot hold such a socket, or the path would be too long, a port of the loopback that the
 * system chooses.
 */
export function privatePlace(): PrivatePlace {
  const loopback = { socket: '', port: 0, hostname: '127.0.0.1', admin: '' };
  const folder = canHoldPaths() ? makeFolder() : undefined;
  if (folder === undefined) return { values: loopback, remove: () => undefined };
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const socket = join(folder, 's');
  if (Buffer.byteLength(socket) <= MAX_SOCKET_PATH_BYTES) return { values: { ...loopback, socket }, remove };
  remove();
  return { values: loopback, remove: () => undefined };
}

/** There may be no folder for such things, as in a file system that is read only. */
function makeFolder(): string | undefined {
  try {
    return mkdtempSync(join(tmpdir(), 'heddle-'));
  } catch {
    return undefined;
  }
}
