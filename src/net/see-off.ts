import { socketOfDescriptor } from '#native/socket-descriptor.ts';

/**
 * Ends a connection that another thread had, and lets its peer read what it was told last (RFC9112§9.6).
 * @param fd its descriptor, which belongs to this thread from now on
 * @param lingerMs how long its peer may take
 * @returns resolves when it is gone
 */
export function seeOff(fd: number, lingerMs: number): Promise<void> {
  const socket = socketOfDescriptor(fd);
  // A FIN goes out though another descriptor may be open: this is shutdown(2), not close(2).
  socket.end();
  socket.resume();
  socket.on('error', () => undefined);
  socket.once('end', () => socket.destroySoon());
  // Not the socket's own timeout: a peer that sends on would put that off for ever.
  const linger = setTimeout(() => socket.destroy(), lingerMs).unref();
  return new Promise((resolve) => {
    socket.once('close', () => {
      clearTimeout(linger);
      resolve();
    });
  });
}

/**
 * Resets a connection that another thread had, since behind a FIN its peer would take half an answer for all of it
 * (RFC9112§8).
 * @param fd its descriptor, which belongs to this thread from now on
 */
export function breakOff(fd: number): void {
  socketOfDescriptor(fd).resetAndDestroy();
}
