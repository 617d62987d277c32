import { fstatSync, readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { Decoy } from './decoy.ts';
import { loadDescriptorCalls } from './descriptor-calls.ts';

/**
 * The descriptor of a connection, by a property that Node does not document.
 * @returns -1 where this Node does not show it
 */
export function descriptorOfSocket(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  return typeof fd === 'number' ? fd : -1;
}

/**
 * A connection from a descriptor that belongs to this thread from now on.
 * @param fd of a connected TCP or Unix domain socket
 */
export function socketOfDescriptor(fd: number): Socket {
  return new Socket({ fd, readable: true, writable: true, allowHalfOpen: true });
}

/** Whether {@link duplicateConnection} works here: Node 26.9 and later, on Linux. */
export function canDuplicateConnections(): boolean {
  return loadDescriptorCalls() !== undefined;
}

/**
 * A second descriptor of a connection, so that it outlives the thread that has the first.
 * @returns -1 where it is gone, or no number is free
 */
export function duplicateConnection(fd: number): number {
  try {
    if (!fstatSync(fd).isSocket()) return -1;
    return loadDescriptorCalls()?.duplicate(fd) ?? -1;
  } catch {
    return -1;
  }
}

/**
 * What connections of a thread that is about to be terminated are replaced by, so that its last turn reads nothing of them;
 * they live on in their duplicates.
 * @returns `undefined` where none can be had: no descriptor is free, or libc cannot be called
 */
export function openDecoy(): Decoy | undefined {
  const calls = loadDescriptorCalls();
  if (calls === undefined) return undefined;
  try {
    return new Decoy(calls);
  } catch {
    return undefined;
  }
}

/**
 * Writes to a connection by its number, without waiting.
 * @returns whether all of it was taken
 */
export function writeToDescriptor(fd: number, text: string): boolean {
  try {
    return writeSync(fd, text, null, 'latin1') === text.length;
  } catch {
    return false;
  }
}

/**
 * Takes what waits to be read from a connection, up to 64 KiB, without waiting: a close with unread bytes would
 * reset it.
 * @returns it, a character a byte; empty where there was none
 */
export function drainDescriptor(fd: number): string {
  try {
    const bytes = Buffer.allocUnsafe(65_536);
    return bytes.toString('latin1', 0, readSync(fd, bytes));
  } catch {
    return '';
  }
}
