import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { BoundAddress } from '#native/held-socket.ts';
import type { Lease } from '#native/lease.ts';
import type { LeaseThreadCommand } from './lease-thread.ts';

/** A thread that listens on leases, from the side of the test. */
export class LeaseThread {
  readonly #worker: Worker;

  /** @param name what it answers every connection with */
  constructor(name: string) {
    this.#worker = new Worker(new URL('./lease-thread.ts', import.meta.url), { workerData: name });
  }

  async listen(lease: Lease): Promise<void> {
    await this.#tell({ do: 'listen', lease }, 'listening');
  }

  /** Closes the server of the last lease. */
  async close(): Promise<void> {
    await this.#tell({ do: 'close' }, 'closed');
  }

  /** Stops the thread where no event reaches it. */
  async block(): Promise<void> {
    await this.#tell({ do: 'block', until: new Int32Array(new SharedArrayBuffer(4)) }, 'blocked');
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  async #tell(command: LeaseThreadCommand, expected: string): Promise<void> {
    const answer = once(this.#worker, 'message');
    this.#worker.postMessage(command);
    const [message]: unknown[] = await answer;
    if (message !== expected) throw new Error(JSON.stringify(message));
  }
}

/** A connection that the kernel has completed, whether or not anybody has accepted it. */
export async function connectTo(address: BoundAddress): Promise<Socket> {
  const { host, port, path } = address;
  const socket = path === undefined ? connect({ host, port }) : connect({ path });
  await once(socket, 'connect');
  return socket;
}

/** All that the peer sends until it ends the connection. */
export async function answerOf(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket.setEncoding('latin1')) text += chunk;
  return text;
}

/** Connects and reads the name of the thread that answers. */
export async function askWho(address: BoundAddress): Promise<string> {
  return answerOf(await connectTo(address));
}
