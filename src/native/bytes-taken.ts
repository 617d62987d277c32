import type { Socket } from 'node:net';

/** What Node keeps of a socket's writes, under a name that is not documented. */
interface WriteHandle {
  /** Bytes handed to the event loop. */
  readonly bytesWritten: number;
  /** Those of them that the kernel has not taken. */
  readonly writeQueueSize: number;
}

/**
 * How many bytes of what was written to a socket the kernel has taken so far. What Node tells moves only when a whole
 * write is done, so a peer that takes a minute for a long one would look as if it did not read at all.
 * @param socket any; where Node's own count is not to be had, whole writes are counted
 */
export function bytesTaken(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (isWriteHandle(handle)) return handle.bytesWritten - handle.writeQueueSize;
  return socket.bytesWritten - socket.writableLength;
}

function isWriteHandle(value: unknown): value is WriteHandle {
  if (typeof value !== 'object' || value === null) return false;
  const { bytesWritten, writeQueueSize } = value as Partial<WriteHandle>;
  return typeof bytesWritten === 'number' && typeof writeQueueSize === 'number';
}
