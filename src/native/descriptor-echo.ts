// The entry of a process that sends back every socket it gets. A socket that crosses a process boundary arrives
// under a new descriptor: that is how one is duplicated where Node cannot call dup(2). See echo-duplicator.ts.

import type { SendHandle } from 'node:child_process';

/** The one thing of a socket handle that is needed here. */
interface Closable {
  close(): void;
}

process.title = 'heddle: duplicates sockets';

// Ctrl-C and service managers signal the whole group. The parent may need duplicates until it has drained; this
// process ends with the channel to its parent, whatever way the parent ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.exit());

process.on('message', (message, handle: unknown) => {
  // A copy left open here would keep the port taken after the parent has closed it.
  process.send?.(message, handle as SendHandle, {}, () => (handle as Closable | undefined)?.close());
});
