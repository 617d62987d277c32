import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SpawnedHeddle, spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { RawConnection } from '../system/raw-connection.ts';
import { ACCOUNTING_APP, Account } from './account.ts';
import { LOAD_SIZE, Load } from './load.ts';
import type { LoadReport } from './load-client.ts';

/** What may differ from the examples' app on two threads. */
export interface RunOptions {
  /** The app; one that keeps the accounts. */
  readonly app?: string;
  /** More arguments. */
  readonly args?: readonly string[];
  /** More variables of the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A server under load whose threads are made to die. */
export class DeathsUnderLoad implements AsyncDisposable {
  readonly heddle: SpawnedHeddle;
  readonly load: Load;
  /** Node's numbers of the threads that died. */
  readonly died: Set<number> = new Set();
  readonly #accounts: string;

  private constructor(heddle: SpawnedHeddle, load: Load, accounts: string) {
    this.heddle = heddle;
    this.load = load;
    this.#accounts = accounts;
  }

  /**
   * Starts the server with two threads, and the load; resolves when both threads have answered.
   * @param options another app that keeps the accounts, more arguments, more variables of the environment
   */
  static async start({
    app = ACCOUNTING_APP,
    args = [],
    env = {},
  }: RunOptions = {}): Promise<DeathsUnderLoad> {
    const accounts = join(temporaryFolder(), 'accounts');
    const heddle = await spawnHeddle([app, '--threads', '2', ...args], {
      env: { ACCOUNTS: accounts, ...env },
    });
    const load = new Load(heddle.url, LOAD_SIZE);
    await load.untilThreads(2);
    return new DeathsUnderLoad(heddle, load, accounts);
  }

  /**
   * Makes one thread die and resolves when it has.
   * @param path the request that kills it
   */
  async kill(path: string): Promise<void> {
    await using connection = await RawConnection.open(this.heddle.url);
    const { threadId } = JSON.parse((await connection.fetch('/')).body) as { threadId: number };
    this.died.add(threadId);
    connection.get(path);
    await connection.untilGone();
  }

  /** Resolves when another thread has answered than those before, and the load has gone on for a while. */
  async untilReplaced(): Promise<void> {
    await this.load.untilThreads(2 + this.died.size);
    await this.load.untilMoreAnswers(200);
  }

  /** Ends load and server; the server must end well. */
  async end(): Promise<{ readonly report: LoadReport; readonly account: Account }> {
    const report = await this.load.stop();
    assert.deepEqual(await this.heddle.stop(), { code: 0, signal: null }, this.heddle.stderr);
    const accounts = await readFile(this.#accounts, 'utf8');
    return { report, account: new Account(report, accounts, this.died) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.load[Symbol.asyncDispose]();
    await this.heddle[Symbol.asyncDispose]();
  }
}

/**
 * Lets three threads die one after the other under load: every request elsewhere is answered.
 * @param path the request that kills
 * @param line what the log says of each death
 */
export async function assertDeathsCostNobodyElse(path: string, line: RegExp): Promise<void> {
  await using run = await DeathsUnderLoad.start();
  for (let death = 0; death < 3; death += 1) {
    await run.kill(path);
    await run.untilReplaced();
  }
  const { account } = await run.end();
  account.assertOnlyVictims();
  assert.deepEqual(account.unaccepted, []);
  assert.equal(run.heddle.stderr.match(new RegExp(line, 'g'))?.length, 3);
}
