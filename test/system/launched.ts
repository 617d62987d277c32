import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type SpawnedHeddle, type SpawnOptions, spawnHeddle } from '../support/spawn-heddle.ts';

/** A launcher and its server; `await using` ends both. */
export class Launched implements AsyncDisposable {
  /** The launcher. */
  readonly heddle: SpawnedHeddle;

  private constructor(heddle: SpawnedHeddle) {
    this.heddle = heddle;
  }

  /**
   * Starts the command with `--launcher`.
   * @param args the app, then flags
   * @param options of the process
   */
  static async start(args: readonly string[], options: SpawnOptions = {}): Promise<Launched> {
    return new Launched(await spawnHeddle([...args, '--launcher'], options));
  }

  /** The process of the server. */
  get serverPid(): number {
    return serverPidOf(this.heddle.pid);
  }

  /**
   * Resolves when so many servers have followed one that died.
   * @param count how many in all
   */
  async untilSuccessors(count: number): Promise<void> {
    await this.heddle.waitForOutput(new RegExp(`(process \\d+ serves, after \\d+ ms[\\s\\S]*){${count}}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A server without its launcher ends by itself; with that its outputs are closed, for which this waits.
    await this.heddle[Symbol.asyncDispose]();
  }
}

/**
 * The server of a launcher.
 * @param launcher its process
 * @returns the server's
 */
export function serverPidOf(launcher: number): number {
  const children = readFileSync(`/proc/${launcher}/task/${launcher}/children`, 'utf8').trim().split(' ');
  assert.equal(children.length, 1, `children: ${children}`);
  return Number(children[0]);
}
