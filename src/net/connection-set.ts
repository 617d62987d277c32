import type { Connection } from './connection.ts';
import { ConnectionEnded } from './reply-writer.ts';

/** A request whose answer was cut. */
export interface CutRequest {
  /** Its method. */
  readonly method: string;
  /** Its target. */
  readonly target: string;
}

/** The open connections of one thread. */
export class ConnectionSet {
  readonly #connections = new Set<Connection>();
  #onEmpty: (() => void)[] = [];

  /** How many are open. */
  get size(): number {
    return this.#connections.size;
  }

  /** One more. */
  add(connection: Connection): void {
    this.#connections.add(connection);
  }

  /** One less. */
  delete(connection: Connection): void {
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
      connection.abort(new ConnectionEnded('The server was stopped before the answer was sent.'));
    }
    return cut;
  }
}
