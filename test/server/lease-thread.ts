// A thread that listens on leases and answers every connection with its own name, then closes it.
import { createServer, type Server } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { type Lease, listenOnLease } from '#native/lease.ts';

/** What the thread is told. */
export type LeaseThreadCommand =
  | { readonly do: 'listen'; readonly lease: Lease }
  | { readonly do: 'close' }
  | { readonly do: 'block'; readonly until: Int32Array };

const name: unknown = workerData;
const servers: Server[] = [];

parentPort?.on('message', (command: LeaseThreadCommand) => {
  switch (command.do) {
    case 'listen': {
      const server = createServer((socket) => {
        socket.on('error', () => {});
        socket.end(String(name));
      });
      server.once('error', (error) => parentPort?.postMessage({ error: error.message }));
      server.once('listening', () => parentPort?.postMessage('listening'));
      servers.push(server);
      listenOnLease(server, command.lease);
      break;
    }
    case 'close':
      for (const server of servers.splice(0)) server.close(() => parentPort?.postMessage('closed'));
      break;
    case 'block':
      parentPort?.postMessage('blocked');
      Atomics.wait(command.until, 0, 0);
      break;
  }
});
