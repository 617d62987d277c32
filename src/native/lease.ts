import { closeSync } from 'node:fs';
import type { Server } from 'node:net';

/**
 * The right to accept connections, as plain values that can be posted to a thread. With `fd`: a descriptor that
 * now belongs to the thread, and is closed with the server that listens on it. With `reusePort`: the thread binds
 * a socket of its own, and what is queued when it closes is lost.
 */
export type Lease =
  | { readonly fd: number; readonly backlog: number }
  | { readonly reusePort: { readonly host: string; readonly port: number }; readonly backlog: number };

/**
 * Starts to listen, as `server.listen()` does: watch for 'listening' and 'error'.
 * @param server a server of the thread that the lease was made for
 */
export function listenOnLease(server: Server, lease: Lease): void {
  // With a descriptor Node takes the backlog from the second argument alone; without it, it would cut the queue
  // of the shared socket to 511.
  if ('fd' in lease) server.listen({ fd: lease.fd }, lease.backlog);
  else server.listen({ ...lease.reusePort, backlog: lease.backlog, reusePort: true });
}

/** Closes a leased descriptor that nothing listens on. */
export function closeDescriptor(fd: number): void {
  closeSync(fd);
}
