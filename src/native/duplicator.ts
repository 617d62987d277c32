import { closeSync } from 'node:fs';
import { EchoDuplicator } from './echo-duplicator.ts';
import { loadDuplicateDescriptor } from './ffi-duplicate.ts';
import { canHoldSockets, HeldSocket } from './held-socket.ts';

/** How descriptors are duplicated: by calling libc, or by passing the socket through a child process. */
export type DuplicatorBackend = 'ffi' | 'helper';

/** Makes more descriptors for a socket that is held. */
export interface Duplicator {
  readonly backend: DuplicatorBackend;
  /**
   * @returns a new descriptor of the same socket, which the caller owns; it is closed in programs that this
   * process starts. Rejects with `code: 'EMFILE'` when the process has no free descriptor.
   */
  duplicate(socket: HeldSocket): Promise<number>;
  /** Ends the child process, if there is one. */
  close(): void;
}

/**
 * Makes a duplicator and tries it out.
 * @returns undefined where it does not work
 */
export async function openDuplicator(backend: DuplicatorBackend): Promise<Duplicator | undefined> {
  if (!canHoldSockets()) return undefined;
  const duplicator = backend === 'ffi' ? ffiDuplicator() : new EchoDuplicator();
  if (duplicator === undefined) return undefined;
  if (await works(duplicator)) return duplicator;
  duplicator.close();
  return undefined;
}

function ffiDuplicator(): Duplicator | undefined {
  const duplicate = loadDuplicateDescriptor();
  if (duplicate === undefined) return undefined;
  return { backend: 'ffi', duplicate: async (socket) => duplicate(socket.fd), close: () => {} };
}

/** One real duplicate shows at once a missing right, a missing internal of Node and a missing file of ours. */
async function works(duplicator: Duplicator): Promise<boolean> {
  let sample: HeldSocket | undefined;
  try {
    sample = new HeldSocket({ host: '127.0.0.1', port: 0, reusePort: false });
    const copy = await duplicator.duplicate(sample);
    const isSame = sample.owns(copy);
    closeSync(copy);
    return isSame;
  } catch {
    return false;
  } finally {
    sample?.close();
  }
}
