import { readFile } from 'node:fs/promises';
import { ACCOUNTING_APP, Account } from '../test/faults/account.ts';
import { LOAD_SIZE, Load } from '../test/faults/load.ts';
import type { LoadReport, Loss } from '../test/faults/load-client.ts';
import { type SpawnedHeddle, spawnHeddle } from '../test/support/spawn-heddle.ts';
import { serverPidOf } from '../test/system/launched.ts';
import { RawConnection } from '../test/system/raw-connection.ts';

/** A fault that is not over by then has failed worse than a table can tell. */
const MOST_MS = 20_000;

/** One way to fail: what is done to a server under load, and when it is over. */
export interface Fault {
  /** What the table calls it. */
  readonly name: string;
  /** How many server threads. @default 2 */
  readonly threads?: number;
  /** More arguments of the server. */
  readonly args?: readonly string[];
  /** The first line of the log that shows that the server has noticed. */
  readonly noticed?: RegExp;
  /** Whether it is meant to end the server: then who is refused has not failed. @default false */
  readonly endsServer?: true;
  /** Whether it ends the process under its launcher: then every connection that was accepted is its own. @default false */
  readonly endsProcess?: true;
  /**
   * Does it.
   * @param run the server under load
   * @returns how long it took until it was over, in milliseconds
   */
  strike(run: FaultRun): Promise<number>;
}

/** What one fault cost. Times are in milliseconds, by the client's clock and the log's, which are the machine's. */
export interface FaultRow {
  readonly name: string;
  /** Requests that were answered from the fault to the end of the run, and up to 50 before. */
  readonly answers: number;
  /** Requests that were not answered with 200, on connections that another thread had accepted, or none. */
  readonly failedElsewhere: number;
  /** The same on connections of the thread that died or hung; `undefined` where there is none. */
  readonly failedOnItsOwn: number | undefined;
  /** The longest that a new connection waited for its first answer; `undefined`: less than is slow. */
  readonly newWaitedMs: number | undefined;
  /** The longest that an answer took on a connection that the thread had accepted. */
  readonly ownWaitedMs: number | undefined;
  /** When the log said so. */
  readonly noticedMs: number | undefined;
  /** When a new thread answered in the place of the old one; otherwise what the fault says of it. */
  readonly overMs: number;
}

/** A server under load that a fault strikes. */
export class FaultRun implements AsyncDisposable {
  readonly heddle: SpawnedHeddle;
  readonly load: Load;
  /** The thread that a request was sent to, that dies or hangs of it. */
  #culprit: { readonly thread: number; readonly threadId: number } | undefined;
  #struckAt = 0;
  #answersBefore = 0;
  readonly #connections = new AsyncDisposableStack();

  private constructor(heddle: SpawnedHeddle, load: Load) {
    this.heddle = heddle;
    this.load = load;
  }

  /** Starts the server and the load; resolves when both are warm. */
  static async start(accounts: string, threads: number, args: readonly string[]): Promise<FaultRun> {
    const heddle = await spawnHeddle([ACCOUNTING_APP, '--threads', `${threads}`, ...args], {
      env: { ACCOUNTS: accounts },
    });
    const load = new Load(heddle.url, LOAD_SIZE);
    await load.untilThreads(threads);
    await load.untilMoreAnswers(2000);
    return new FaultRun(heddle, load);
  }

  /** Sends the request that kills a thread, or makes it hang, on a connection that the load does not count. */
  async request(target: string): Promise<void> {
    const connection = this.#connections.use(await RawConnection.open(this.heddle.url));
    const { body } = await connection.fetch('/');
    this.#culprit = JSON.parse(body) as { thread: number; threadId: number };
    this.#begin();
    connection.get(target);
  }

  /** Sends the server a signal. */
  signal(signal: NodeJS.Signals): void {
    this.#begin();
    process.kill(this.heddle.pid, signal);
  }

  /** Sends a signal to the server that a launcher has started. */
  crash(signal: NodeJS.Signals): void {
    this.#begin();
    process.kill(serverPidOf(this.heddle.pid), signal);
  }

  /** Resolves when a new thread answers in the place of the one that died or hung, with how long that took. */
  async untilReplaced(): Promise<number> {
    const culprit = this.#culprit;
    const { at } = await this.load.untilSeen(
      ({ thread, threadId }) => thread === culprit?.thread && threadId !== culprit?.threadId,
    );
    return at - this.#struckAt;
  }

  /**
   * Does what the fault says.
   * @throws if the server ends of it though it is not meant to, or it is not over in time
   */
  async strike(fault: Fault): Promise<number> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const fail = (what: string): void => reject(new Error(`${fault.name}: ${what}.\n${this.heddle.stderr}`));
    const timer = setTimeout(() => fail(`not over after ${MOST_MS} ms`), MOST_MS);
    if (fault.endsServer !== true) {
      void this.heddle.exited.then(({ code, signal }) => fail(`the server has ended (${signal ?? code})`));
    }
    try {
      return await Promise.race([fault.strike(this), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when the server has ended, with how long that took. */
  async untilEnded(): Promise<number> {
    await this.heddle.exited;
    return Date.now() - this.#struckAt;
  }

  /**
   * Ends the load and reckons what the fault has cost.
   * @param accounts where the app has written who accepted what
   */
  async reckon(fault: Fault, accounts: string, overMs: number): Promise<FaultRow> {
    if (fault.endsServer !== true) await this.load.untilMoreAnswers(1000);
    const culprit = this.#culprit;
    const report = await this.load.stop();
    const account = new Account(
      report,
      await readFile(accounts, 'utf8'),
      new Set(culprit === undefined ? [] : [culprit.threadId]),
    );
    const lost = [...account.others, ...account.unaccepted];
    // What a process had accepted in its last moment it did not come to write down; nobody else resets a connection.
    const isElsewhere = ({ outcome }: Loss): boolean =>
      fault.endsProcess === true
        ? outcome === 'refused' || outcome === 'timeout'
        : fault.endsServer !== true || outcome !== 'refused';
    const elsewhere = lost.filter(isElsewhere);
    const own =
      fault.endsProcess === true ? lost.filter((loss) => !isElsewhere(loss)) : culprit && account.victims;
    return {
      name: fault.name,
      answers: answersOf(report) - this.#answersBefore,
      failedElsewhere: elsewhere.length,
      failedOnItsOwn: own?.length,
      newWaitedMs: this.#longest(account.waitsOfOthers.filter(({ isFirst }) => isFirst)),
      ownWaitedMs: culprit && this.#longest(account.waitsOfVictims),
      noticedMs: fault.noticed && this.#loggedMs(fault.noticed),
      overMs,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connections.disposeAsync();
    await this.load[Symbol.asyncDispose]();
    await this.heddle[Symbol.asyncDispose]();
  }

  /** The first of several signals counts. */
  #begin(): void {
    if (this.#struckAt > 0) return;
    this.#struckAt = Date.now();
    this.#answersBefore = this.load.answers;
  }

  #longest(waits: readonly { readonly answeredAt: number; readonly waitedMs: number }[]): number | undefined {
    const during = waits.filter(({ answeredAt }) => answeredAt >= this.#struckAt);
    return during.length === 0 ? undefined : Math.max(...during.map(({ waitedMs }) => waitedMs));
  }

  /** How long after the fault the log had this line. */
  #loggedMs(line: RegExp): number | undefined {
    const text = this.heddle.stderr.split('\n').find((candidate) => line.test(candidate));
    return text === undefined ? undefined : Date.parse(text.slice(0, text.indexOf(' '))) - this.#struckAt;
  }
}

function answersOf({ outcomes }: LoadReport): number {
  const counts = Object.values(outcomes).flatMap((ends) => Object.entries(ends));
  return counts.reduce((sum, [end, count]) => (end.startsWith('status ') ? sum + count : sum), 0);
}
