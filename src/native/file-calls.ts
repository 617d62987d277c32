import { loadFfi } from './load-ffi.ts';

/** `preadv2(2)`: fail rather than wait for a disk. Since Linux 4.14. */
const RWF_NOWAIT = 8;

/** What is called in libc, on files. */
export interface FileCalls {
  /** Like pread(2), but -1 where it would have to wait, and for every error. */
  readNoWait(fd: number, into: Uint8Array, length: number, position: number): number;
}

let loaded: { readonly calls: FileCalls | undefined } | undefined;

/**
 * Files by way of libc.
 * @returns undefined where this Node has no `node:ffi`, may not use it, or the system is not Linux
 */
export function loadFileCalls(): FileCalls | undefined {
  loaded ??= { calls: load() };
  return loaded.calls;
}

function load(): FileCalls | undefined {
  const ffi = loadFfi();
  // Two words make a `struct iovec`, and an offset is one argument.
  if (ffi === undefined || !['x64', 'arm64'].includes(process.arch)) return undefined;
  try {
    const { functions } = ffi.dlopen(null, {
      preadv2: { return: 'i64', arguments: ['i32', 'pointer', 'i32', 'i64', 'i32'] },
    });
    const iovec = new BigUint64Array(2);
    const iovecBytes = Buffer.from(iovec.buffer);
    return {
      readNoWait(fd, into, length, position) {
        if (length > into.length) throw new RangeError(`${length} bytes do not fit into ${into.length}.`);
        iovec[0] = ffi.getRawPointer(into);
        iovec[1] = BigInt(length);
        return Number(functions.preadv2(fd, iovecBytes, 1, BigInt(position), RWF_NOWAIT));
      },
    };
  } catch {
    // The permission model without --allow-ffi.
    return undefined;
  }
}
