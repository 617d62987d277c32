import assert from 'node:assert/strict';
import type { LoadMode, LoadReport, Loss, Wait } from './load-client.ts';

/** The examples' faults, in an app that writes to the file `ACCOUNTS` which thread accepted which connection. */
export const ACCOUNTING_APP = 'test/faults/fixtures/accounting.ts';

/** Whose the connections of a load were. */
export class Account {
  /** Accepted by a thread that died: its own. */
  readonly victims: Loss[] = [];
  /** Accepted by no thread: they were lost out of an accept queue. */
  readonly unaccepted: Loss[] = [];
  /** Accepted by a thread that did not die. */
  readonly others: Loss[] = [];
  /** Slow answers on connections that a thread had accepted that died, or hung. */
  readonly waitsOfVictims: Wait[] = [];
  /** Slow answers on the others. */
  readonly waitsOfOthers: Wait[] = [];
  readonly #report: LoadReport;

  /**
   * @param report what the client has seen
   * @param accounts what the app has written
   * @param died Node's numbers of the threads that died
   */
  constructor(report: LoadReport, accounts: string, died: ReadonlySet<number>) {
    this.#report = report;
    const accepterOf = readAccounts(accounts);
    for (const loss of report.losses) {
      const accepter = accepterOf(loss.port, loss.openedAt, loss.lostAt);
      if (accepter === undefined) this.unaccepted.push(loss);
      else if (died.has(accepter)) this.victims.push(loss);
      else this.others.push(loss);
    }
    for (const wait of report.waits) {
      const accepter = accepterOf(wait.port, wait.openedAt, wait.answeredAt);
      const isVictim = accepter !== undefined && died.has(accepter);
      (isVictim ? this.waitsOfVictims : this.waitsOfOthers).push(wait);
    }
  }

  /** Every request was answered with 200 but those on connections of threads that died. */
  assertOnlyVictims(): void {
    assert.deepEqual(this.others, []);
    for (const mode of ['keep-alive', 'close'] satisfies LoadMode[]) {
      const { 'status 200': answered = 0, ...rest } = this.#report.outcomes[mode];
      assert.ok(answered > 0, `no answer in mode ${mode}`);
      const ends = Object.keys(rest).filter((end) => end !== 'reset' && end !== 'closed before answer');
      assert.deepEqual(ends, []);
    }
  }
}

/** Tells which thread accepted a connection from this port in that span of time, if one did. */
function readAccounts(accounts: string): (port: number, from: number, to: number) => number | undefined {
  const byPort = new Map<number, { threadId: number; at: number }[]>();
  for (const [, threadId, port, at] of accounts.matchAll(/^accepted (\d+) (\d+) (\d+)$/gm)) {
    const accepted = byPort.get(Number(port)) ?? [];
    accepted.push({ threadId: Number(threadId), at: Number(at) });
    byPort.set(Number(port), accepted);
  }
  return (port, from, to) => byPort.get(port)?.find(({ at }) => at >= from && at <= to)?.threadId;
}
