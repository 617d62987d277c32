import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoadMessage, LoadReport, Sighting } from './load-client.ts';

const CLIENT = fileURLToPath(new URL('./load-client.ts', import.meta.url));

/** How many connections a load keeps, by mode. */
export interface LoadSize {
  /** Connections with request after request. */
  readonly keepAlive: number;
  /** Connections at a time that carry one request each. */
  readonly close: number;
}

/** From so many milliseconds on an answer is slow, and told one by one. */
export const SLOW_MS = 10;

/** Enough that each of two threads has connections of both kinds, few enough to leave it time. */
export const LOAD_SIZE: LoadSize = { keepAlive: 8, close: 24 };

/** A load on a server, from a process of its own; `await using` ends it with the test. */
export class Load implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #sightings: Sighting[] = [];
  #answers = 0;
  #report: LoadReport | undefined;
  #hasEnded = false;
  #waiting: (() => void)[] = [];

  /**
   * Starts the load.
   * @param url of the server
   * @param size how many connections
   */
  constructor(url: string, size: LoadSize) {
    const { port } = new URL(url);
    this.#child = fork(CLIENT, [port, `${size.keepAlive}`, `${size.close}`, `${SLOW_MS}`], {
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    });
    this.#child.on('message', (message) => this.#onMessage(message as LoadMessage));
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', () => {
        this.#hasEnded = true;
        this.#wake();
        resolve();
      });
    });
  }

  /** Threads in the order in which they answered first, by Node's number of each. */
  get threads(): readonly number[] {
    return this.#sightings.map(({ threadId }) => threadId);
  }

  /** How many answers have come: a little fewer than there are. */
  get answers(): number {
    return this.#answers;
  }

  /** Resolves when a thread has answered that is looked for, with its first answer. */
  async untilSeen(isIt: (sighting: Sighting) => boolean): Promise<Sighting> {
    for (;;) {
      const sighting = this.#sightings.find(isIt);
      if (sighting !== undefined) return sighting;
      const { length } = this.#sightings;
      await this.#until(() => this.#sightings.length > length);
    }
  }

  /** Resolves when so many threads have answered since the start. */
  async untilThreads(count: number): Promise<void> {
    await this.#until(() => this.#sightings.length >= count);
  }

  /** Resolves when so many more answers have come. */
  async untilMoreAnswers(count: number): Promise<void> {
    const goal = this.#answers + count;
    await this.#until(() => this.#answers >= goal);
  }

  /** Ends the load when what is under way is answered. */
  async stop(): Promise<LoadReport> {
    this.#child.send('stop');
    await this.#until(() => this.#report !== undefined);
    await this.#exited;
    assert.ok(this.#report);
    return this.#report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#hasEnded) throw new Error('The load client has ended.');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #onMessage(message: LoadMessage): void {
    if (message.kind === 'thread') this.#sightings.push(message);
    else if (message.kind === 'answers') this.#answers = message.count;
    else this.#report = message.report;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
