import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';

/** Debian's package of the same name. */
export const SLOWHTTPTEST = '/usr/bin/slowhttptest';

/** slowhttptest against a server; `await using` ends it with the test. */
export class SlowAttack implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #isOver = false;

  /**
   * @param url what it asks for
   * @param connections how many it opens, all within a second
   * @param args its mode, and what belongs to that
   */
  constructor(url: string, connections: number, ...args: string[]) {
    const count = String(connections);
    const bounds = ['-c', count, '-r', count, '-l', '30', '-p', '30'];
    this.#child = spawn(SLOWHTTPTEST, [...args, ...bounds, '-u', url], { stdio: 'ignore' });
    this.#exited = once(this.#child, 'exit').then(() => {
      this.#isOver = true;
    });
  }

  /** Whether it has ended by itself: none of its connections is left, or its time was up. */
  get isOver(): boolean {
    return this.#isOver;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}

/**
 * Asks as somebody else than the attacker, on a new connection.
 * @param url what for
 * @returns the status; rejects where there is no answer in time
 */
export function askFromElsewhere(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { agent: false, localAddress: '127.0.0.2', signal: AbortSignal.timeout(10_000) };
    get(url, options, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    }).once('error', reject);
  });
}
