import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Handler } from '#exchange/handler.ts';
import { type Lease, listenOnLease } from '#native/lease.ts';
import { Clock } from './clock.ts';
import { Connection } from './connection.ts';
import type { ConnectionHost, ConnectionSettings } from './connection-host.ts';
import { ConnectionSet, type CutRequest } from './connection-set.ts';
import { Deadlines } from './deadlines.ts';

/** Where to listen: on a socket that somebody else bound, or on an address of one's own. */
export type ListenTarget = Lease | { readonly host: string; readonly port: number };

/** What a listener needs. */
export interface ListenerOptions {
  /** Answers the requests. */
  readonly handler: Handler;
  /** Limits and deadlines of its connections. */
  readonly settings: ConnectionSettings;
  /** How late a deadline may be seen, in milliseconds. */
  readonly deadlinePeriodMs: number;
  /** The most connections at one time; further ones are closed at once. */
  readonly maxConnections: number;
  /** Counts a complete request head; `false` leaves it unanswered. Without it all are answered. */
  readonly admit?: () => boolean;
}

/** Accepts connections in this thread and owns them until they are gone. */
export class HttpListener implements ConnectionHost<Connection> {
  readonly settings: ConnectionSettings;
  readonly handler: Handler;
  readonly clock: Clock = new Clock();
  readonly admit: () => boolean;
  readonly #deadlines: Deadlines;
  readonly #connections = new ConnectionSet();
  readonly #server: Server;
  #isDraining = false;

  /** @param options handler, limits, deadlines */
  constructor(options: ListenerOptions) {
    this.settings = options.settings;
    this.handler = options.handler;
    this.admit = options.admit ?? (() => true);
    this.#deadlines = new Deadlines(options.deadlinePeriodMs);
    // Half-open: a client that ends its side behind its request still gets the answer (RFC9112§9.6).
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#onSocket(socket));
    this.#server.maxConnections = options.maxConnections;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** How many connections are open. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /**
   * Starts to accept.
   * @param target where; a descriptor belongs to the listener from now on
   * @returns the address
   * @throws the error of the operating system, such as `EADDRINUSE`
   */
  listen(target: ListenTarget): Promise<AddressInfo> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.once('listening', () => {
        this.#server.removeListener('error', reject);
        // An accept that fails, for want of descriptors, is tried again; unheard, it would end the thread.
        this.#server.on('error', () => undefined);
        resolve(this.#server.address() as AddressInfo);
      });
      if ('host' in target) this.#server.listen(target);
      else listenOnLease(this.#server, target);
    });
  }

  /**
   * Takes what waits in the accept queue, then accepts no more. Open connections stay.
   * @returns resolves when the listening descriptor is closed
   */
  async stopAccepting(): Promise<void> {
    if (!this.#server.listening) return;
    // One pass of the event loop accepts all that had arrived; closing before it would reset them.
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    // The callback of close() waits for all connections; the descriptor itself is closed at once.
    this.#server.close();
  }

  /**
   * Lets every connection end behind its current answer.
   * @param idleGraceMs how long idle ones stay, in milliseconds
   * @returns resolves when none is left
   */
  drain(idleGraceMs: number): Promise<void> {
    this.#isDraining = true;
    this.clock.update();
    return this.#connections.drain(idleGraceMs);
  }

  /**
   * Cuts all connections.
   * @returns the requests that lost their answers
   */
  abort(): CutRequest[] {
    return this.#connections.abort();
  }

  onConnectionClosed(connection: Connection): void {
    this.#deadlines.delete(connection);
    this.#connections.delete(connection);
  }

  #onSocket(socket: Socket): void {
    const connection = new Connection(socket, this);
    this.#connections.add(connection);
    this.#deadlines.add(connection);
  }
}
