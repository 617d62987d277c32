import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { ExchangeLog } from '#exchange/exchange-log.ts';
import type { ConnectionTaker } from '#exchange/handed-exchange.ts';
import type { Handler } from '#exchange/handler.ts';
import { type Lease, listenOnLease } from '#native/lease.ts';
import { socketOfDescriptor } from '#native/socket-descriptor.ts';
import type { ConnectionsExceeded } from '#observe/events.ts';
import { Clock } from './clock.ts';
import { Connection } from './connection.ts';
import type { ConnectionBoard } from './connection-board.ts';
import type { ConnectionHost, ConnectionSettings } from './connection-host.ts';
import type { ConnectionLimit } from './connection-limit.ts';
import { ConnectionSet, type CutRequest } from './connection-set.ts';
import { Deadlines } from './deadlines.ts';
import { publishExcess } from './failure-events.ts';
import { HandedConnection } from './handed-connection.ts';
import { breakOff, seeOff } from './see-off.ts';
import type { TrafficMeter } from './traffic-meter.ts';

/** Where to listen: on a socket that somebody else bound, or on an address of one's own. */
export type ListenTarget = Lease | { readonly host: string; readonly port: number };

/** What a listener needs. */
export interface ListenerOptions {
  /** Answers the requests. */
  readonly handler: Handler;
  /** A server that gets each connection as it was accepted; then the handler is asked nothing. */
  readonly taker?: ConnectionTaker | undefined;
  /** Limits and deadlines of its connections. */
  readonly settings: ConnectionSettings;
  /** How late a deadline may be seen, in milliseconds. */
  readonly deadlinePeriodMs: number;
  /** The most connections at one time; further ones are closed at once. */
  readonly maxConnections: number;
  /** Limits the connections of each client; those above are closed at once. */
  readonly clientLimit?: ConnectionLimit | undefined;
  /** Called when a connection was accepted. */
  readonly onAccept?: (() => void) | undefined;
  /** Counts a complete request head; `false` leaves it unanswered. Without it all are answered. */
  readonly admit?: () => boolean;
  /** Where others see what each connection is at. */
  readonly board?: ConnectionBoard | undefined;
  /** Counts what passes. */
  readonly meter?: TrafficMeter | undefined;
  /** Who is told of each exchange. */
  readonly exchanges?: ExchangeLog | undefined;
}

/** Accepts connections in this thread and owns them until they are gone. */
export class HttpListener implements ConnectionHost<Connection | HandedConnection> {
  readonly settings: ConnectionSettings;
  readonly handler: Handler;
  readonly clock: Clock = new Clock();
  readonly admit: () => boolean;
  readonly board: ConnectionBoard | undefined;
  readonly meter: TrafficMeter | undefined;
  readonly exchanges: ExchangeLog | undefined;
  readonly #taker: ConnectionTaker | undefined;
  readonly #deadlines: Deadlines;
  readonly #connections = new ConnectionSet();
  readonly #maxConnections: number;
  readonly #clientLimit: ConnectionLimit | undefined;
  readonly #onAccept: (() => void) | undefined;
  /** By the descriptor that they listen on, where it was leased; by a number below 0 otherwise. */
  readonly #servers = new Map<number, Server>();
  #isDraining = false;
  #address: AddressInfo | undefined;

  /** @param options handler, limits, deadlines */
  constructor(options: ListenerOptions) {
    this.settings = options.settings;
    this.handler = options.handler;
    this.#taker = options.taker;
    this.admit = options.admit ?? (() => true);
    this.board = options.board;
    this.meter = options.meter;
    this.exchanges = options.exchanges;
    this.#deadlines = new Deadlines(options.deadlinePeriodMs);
    this.#maxConnections = options.maxConnections;
    this.#clientLimit = options.clientLimit;
    this.#onAccept = options.onAccept;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Where it listened first; `undefined` before, and for a Unix domain socket. */
  get address(): AddressInfo | undefined {
    return this.#address;
  }

  /** How many connections are open. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /**
   * Starts to accept; called again, at one more place.
   * @param target where; a descriptor belongs to the listener from now on
   * @returns resolves when it listens
   * @throws the error of the operating system, such as `EADDRINUSE`
   */
  listen(target: ListenTarget): Promise<void> {
    // Half-open: a client that ends its side behind its request still gets the answer (RFC9112§9.6).
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.#onSocket(socket, true),
    );
    server.maxConnections = this.#maxConnections;
    server.on('drop', (drop) => this.#onExcess('max-connections', drop?.remoteAddress));
    this.#servers.set('fd' in target ? target.fd : -1 - this.#servers.size, server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.once('listening', () => {
        server.removeListener('error', reject);
        // An accept that fails, for want of descriptors, is tried again; unheard, it would end the thread.
        server.on('error', () => undefined);
        const address = server.address();
        if (typeof address === 'object' && address !== null) this.#address ??= address;
        this.#taker?.onListening(address);
        resolve();
      });
      if ('host' in target) server.listen(target);
      else listenOnLease(server, target);
    });
  }

  /**
   * Takes what waits in the accept queues, then accepts no more. Open connections stay.
   * @returns resolves when the listening descriptors are closed
   */
  async stopAccepting(): Promise<void> {
    await oneTurn();
    this.forsakeQueues();
  }

  /**
   * Leaves what waits in the accept queues to whoever listens there next. For a thread that is about to die: while
   * Node takes it down, its event loop accepts on, and what it accepts then is reset.
   */
  forsakeQueues(): void {
    for (const server of this.#servers.values()) stopListening(server);
    this.#servers.clear();
  }

  /**
   * Accepts no more by one lease, since whoever the socket is for does so again.
   * @param fd of the lease
   * @returns resolves when the descriptor is closed
   */
  async leave(fd: number): Promise<void> {
    const server = this.#servers.get(fd);
    this.#servers.delete(fd);
    if (server === undefined) return;
    await oneTurn();
    stopListening(server);
  }

  /**
   * Takes connections over that another thread had, between two of their requests.
   * @param fds their descriptors, which belong to this thread from now on
   */
  adopt(fds: readonly number[]): void {
    for (const fd of fds) {
      const socket = socketOfDescriptor(fd);
      socket.setNoDelay(true);
      this.#onSocket(socket, false);
    }
  }

  /**
   * Ends connections that another thread had, and lets their peers read what they were told last (RFC9112§9.6).
   * @param fds their descriptors, which belong to this thread from now on
   */
  seeOff(fds: readonly number[]): void {
    for (const fd of fds) void seeOff(fd, this.settings.lingerMs);
  }

  /**
   * Resets connections that another thread had, since behind a FIN their peers would take half an answer for all of it
   * (RFC9112§8).
   * @param fds their descriptors, which belong to this thread from now on
   */
  breakOff(fds: readonly number[]): void {
    for (const fd of fds) breakOff(fd);
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

  /** Tells the log of the requests that get no answer, for the thread is about to die. */
  logLoss(): void {
    this.#connections.logLoss();
  }

  /** Has the board say what each connection is at just now: for whoever looks at a thread that has stopped. */
  settleBoard(): void {
    this.#connections.settleBoard();
  }

  onConnectionClosed(connection: Connection | HandedConnection): void {
    this.meter?.onClosed();
    this.#deadlines.delete(connection);
    this.#connections.delete(connection);
  }

  /**
   * In silence: nothing was asked on it yet, so an answer would be to nobody's question, and its client repeats what it
   * sends then without being told to. What is short is descriptors, of which an answer would keep one.
   */
  #onExcess(limit: ConnectionsExceeded['limit'], remoteAddress = ''): void {
    this.meter?.onDropped();
    publishExcess(limit, remoteAddress);
  }

  #onSocket(socket: Socket, isFresh: boolean): void {
    if (isFresh) this.#onAccept?.();
    if (this.#clientLimit?.admit(socket, isFresh) === false) {
      this.#onExcess('max-connections-per-ip', socket.remoteAddress);
      socket.destroy();
      return;
    }
    if (isFresh) this.meter?.onAccepted();
    else this.meter?.onAdopted();
    const connection =
      this.#taker === undefined
        ? new Connection(socket, this, isFresh)
        : new HandedConnection(socket, this, this.#taker);
    this.#connections.add(connection);
    this.#deadlines.add(connection);
  }
}

/** One pass of the event loop accepts all that had arrived; closing before it would reset them. */
function oneTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

/** The callback of close() waits for all connections; the descriptor itself is closed at once. */
function stopListening(server: Server): void {
  if (server.listening) server.close();
}
