import type { ReceivedRequest } from './received-request.ts';
import { ConnectionEnded } from './reply-writer.ts';

/** A request whose answer was cut. */
export interface CutRequest {
  /** Its method. */
  readonly method: string;
  /** Its target. */
  readonly target: string;
}

/** One connection, as far as the end of all of them is concerned. */
export interface OpenConnection {
  /** The request that is being answered; `undefined` between requests. */
  readonly request: (CutRequest & Partial<Pick<ReceivedRequest, 'endAccount'>>) | undefined;
  /**
   * Ends behind the current answer.
   * @param idleGraceMs how long it stays where it is idle, in milliseconds
   */
  drain(idleGraceMs: number): void;
  /**
   * Cuts it.
   * @param reason what the request in flight is told
   */
  abort(reason: Error): void;
  /** Puts right what the board says of it, where that is not kept up with. */
  settleBoard?(): void;
}

/** The open connections of one thread. */
export class ConnectionSet {
  readonly #connections = new Set<OpenConnection>();
  #onEmpty: (() => void)[] = [];

  /** How many are open. */
  get size(): number {
    return this.#connections.size;
  }

  /** One more. */
  add(connection: OpenConnection): void {
    this.#connections.add(connection);
  }

  /** One less. */
  delete(connection: OpenConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    const waiting = this.#onEmpty;
    this.#onEmpty = [];
    for (const resolve of waiting) resolve();
  }

  /**
   * Lets each connection end behind its current answer.
   * @param idleGraceMs how long idle ones stay, in milliseconds
   * @returns resolves when none is left
   */
  drain(idleGraceMs: number): Promise<void> {
    for (const connection of this.#connections) connection.drain(idleGraceMs);
    if (this.#connections.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty.push(resolve));
  }

  /**
   * Cuts all that are left.
   * @returns the requests that lost their answers
   */
  abort(): CutRequest[] {
    const cut: CutRequest[] = [];
    for (const connection of this.#connections) {
      const { request } = connection;
      if (request !== undefined) cut.push({ method: request.method, target: request.target });
      connection.abort(new ConnectionEnded('The server was stopped before the answer was sent.', 'cut'));
    }
    return cut;
  }

  /** The thread is about to die: tells the log of the requests that get no answer. */
  logLoss(): void {
    for (const { request } of this.#connections) request?.endAccount?.('lost');
  }

  /** Has the board say what each connection is at just now. */
  settleBoard(): void {
    for (const connection of this.#connections) connection.settleBoard?.();
  }
}
