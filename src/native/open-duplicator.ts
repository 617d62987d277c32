import { closeSync } from 'node:fs';
import { Decoy } from './decoy.ts';
import { type DescriptorCalls, loadDescriptorCalls } from './descriptor-calls.ts';
import type { Duplicator, DuplicatorBackend } from './duplicator.ts';
import { canHoldSockets, HeldSocket } from './held-socket.ts';

/**
 * Makes a duplicator and tries it out.
 * @returns undefined where it does not work
 */
export async function openDuplicator(backend: DuplicatorBackend): Promise<Duplicator | undefined> {
  if (!canHoldSockets()) return undefined;
  const duplicator = backend === 'ffi' ? ffiDuplicator() : await echoDuplicator();
  if (duplicator === undefined) return undefined;
  if (await works(duplicator)) return duplicator;
  duplicator.close();
  return undefined;
}

/** Where it is not needed, what starts processes is not loaded. */
async function echoDuplicator(): Promise<Duplicator> {
  const { EchoDuplicator } = await import('./echo-duplicator.ts');
  return new EchoDuplicator();
}

function ffiDuplicator(): Duplicator | undefined {
  const calls = loadDescriptorCalls();
  if (calls === undefined) return undefined;
  return {
    backend: 'ffi',
    duplicate: async (socket) => calls.duplicate(socket.fd),
    disable: (fd) => replaceByDecoy(fd, calls),
    close: () => {},
  };
}

function replaceByDecoy(fd: number, calls: DescriptorCalls): boolean {
  try {
    using decoy = new Decoy(calls);
    decoy.replace(fd);
    return true;
  } catch {
    return false;
  }
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
