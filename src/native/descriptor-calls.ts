import { fstatSync } from 'node:fs';
import { loadFfi } from './load-ffi.ts';

/** `fcntl(2)`: duplicate, to the lowest free number from the third argument on, closed in child processes. */
const F_DUPFD_CLOEXEC = 1030;
/** Standard input, output and error keep their numbers even in a process that was started without them. */
const LOWEST_DESCRIPTOR = 3;
/** `epoll_ctl(2)`. */
const EPOLL_CTL_ADD = 1;
/** A `struct epoll_event` that asks for nothing: 12 bytes on x86-64, 16 elsewhere. */
const NO_EVENTS = Buffer.alloc(16);

/** What is called in libc, on descriptors of this process. */
export interface DescriptorCalls {
  /** A new number for the same open socket or file. Throws `EBADF` or `EMFILE`. */
  duplicate(fd: number): number;
  /** Makes the number `fd` refer to what `by` refers to, in one step for all threads. */
  replace(fd: number, by: number): void;
  /** Puts a descriptor into an epoll set, for no events; nothing happens where it is in there. */
  enter(fd: number, set: number): void;
}

let loaded: { readonly calls: DescriptorCalls | undefined } | undefined;

/**
 * Descriptors by way of libc.
 * @returns undefined where this Node has no `node:ffi`, may not use it, or the system is not Linux
 */
export function loadDescriptorCalls(): DescriptorCalls | undefined {
  loaded ??= { calls: load() };
  return loaded.calls;
}

function load(): DescriptorCalls | undefined {
  const ffi = loadFfi();
  if (ffi === undefined) return undefined;
  try {
    const { functions } = ffi.dlopen(null, {
      // dup(2) would do, but every program the app starts would inherit the listening socket and hold the port.
      fcntl: { return: 'i32', arguments: ['i32', 'i32', 'i32'] },
      dup2: { return: 'i32', arguments: ['i32', 'i32'] },
      epoll_ctl: { return: 'i32', arguments: ['i32', 'i32', 'i32', 'pointer'] },
    });
    return {
      duplicate(fd) {
        const copy = functions.fcntl(fd, F_DUPFD_CLOEXEC, LOWEST_DESCRIPTOR);
        if (copy < 0) throw duplicateError(fd);
        return copy;
      },
      replace(fd, by) {
        if (functions.dup2(by, fd) !== fd) throw new Error(`Descriptor ${fd} cannot be replaced by ${by}.`);
      },
      enter(fd, set) {
        functions.epoll_ctl(set, EPOLL_CTL_ADD, fd, NO_EVENTS);
      },
    };
  } catch {
    // The permission model without --allow-ffi.
    return undefined;
  }
}

/** `errno` does not reliably outlive the call into libc, so the cause is asked for again. */
function duplicateError(fd: number): Error {
  try {
    fstatSync(fd);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  return Object.assign(new Error(`Descriptor ${fd} cannot be duplicated: no number is free.`), {
    code: 'EMFILE',
  });
}
