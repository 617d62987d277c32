// What each way to fail costs the clients of a server under load: a Markdown table.
// Usage: npm run bench:faults [-- PATTERN], for the rows whose names match it
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOAD_SIZE, SLOW_MS } from '../test/faults/load.ts';
import { type Fault, type FaultRow, FaultRun } from './fault-run.ts';

const HANG_TIMEOUT = '2s';
const RELOADS = 5;

/** A request that kills a thread. */
function death(name: string, target: string, args: readonly string[] = []): Fault {
  return { ...byRequest(name, target, / server-\d died \(/), args };
}

/** A request that makes a thread hang. */
function hang(name: string, target: string, threads = 2): Fault {
  return { ...byRequest(name, target, / does not come back to its event loop/), threads };
}

/** What ends the whole server; its launcher starts another. */
function crash(name: string, signal: NodeJS.Signals): Fault {
  return {
    name,
    args: ['--launcher'],
    noticed: / launcher process \d+ was killed by /,
    endsProcess: true,
    async strike(run) {
      run.crash(signal);
      const log = await run.heddle.waitForOutput(/ serves, after \d+ ms without a server/);
      return Number(/ serves, after (\d+) ms/.exec(log)?.[1]);
    },
  };
}

function byRequest(name: string, target: string, noticed: RegExp): Fault {
  return {
    name,
    noticed,
    async strike(run) {
      await run.request(target);
      return await run.untilReplaced();
    },
  };
}

/** Each is a row; a thread that is replaced answers again from its place. */
const FAULTS: readonly Fault[] = [
  death('uncaught exception', '/throw'),
  death('unhandled rejection', '/reject'),
  death('`process.exit()`', '/exit'),
  death('heap exhausted', '/leak', ['--thread-memory', '64']),
  {
    ...byRequest('heap nearly full', '/hoard?mebibytes=38', / is being recycled/),
    args: ['--thread-memory', '64'],
  },
  hang('loop', '/loop'),
  hang('regular expression', '/regexp'),
  hang('microtasks', '/microtasks'),
  hang('native call', '/native'),
  hang('loop, `--threads 1`', '/loop', 1),
  {
    name: `reload, ${RELOADS} times`,
    async strike(run) {
      let longestMs = 0;
      for (let generation = 2; generation <= RELOADS + 1; generation += 1) {
        const before = Date.now();
        run.signal('SIGHUP');
        await run.heddle.waitForOutput(new RegExp(` generation ${generation} serves`));
        longestMs = Math.max(longestMs, Date.now() - before);
      }
      return longestMs;
    },
  },
  crash('SIGSEGV of the process, `--launcher`', 'SIGSEGV'),
  crash('SIGKILL of the process, `--launcher`', 'SIGKILL'),
  {
    name: 'SIGTERM',
    endsServer: true,
    async strike(run) {
      run.signal('SIGTERM');
      return await run.untilEnded();
    },
  },
];

async function measure(fault: Fault, folder: string): Promise<FaultRow> {
  const { threads = 2, args = [] } = fault;
  const accounts = join(folder, `${FAULTS.indexOf(fault)}`);
  await using run = await FaultRun.start(accounts, threads, ['--hang-timeout', HANG_TIMEOUT, ...args]);
  return await run.reckon(fault, accounts, await run.strike(fault));
}

function line(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}

function describe(row: FaultRow): string {
  const waited = (ms: number | undefined): string => (ms === undefined ? `< ${SLOW_MS} ms` : `${ms} ms`);
  const own = row.failedOnItsOwn;
  return line([
    ...[row.name, row.answers, row.failedElsewhere, own ?? '', waited(row.newWaitedMs)],
    own === undefined ? '' : waited(row.ownWaitedMs),
    ...[row.noticedMs === undefined ? '' : `${row.noticedMs} ms`, `${row.overMs} ms`],
  ]);
}

const only = new RegExp(process.argv[2] ?? '');
const folder = mkdtempSync(join(tmpdir(), 'heddle-faults-'));
try {
  const { keepAlive, close } = LOAD_SIZE;
  console.log(
    `Node ${process.versions.node}, ${availableParallelism()} cores, --threads 2 --hang-timeout ${HANG_TIMEOUT}; ` +
      `${keepAlive} connections kept alive, ${close} of one request each.\n`,
  );
  console.log(
    line([
      ...['fault', 'answers meanwhile', 'failed elsewhere', 'failed on its own connections'],
      ...['a new connection waited at most', 'one of its own at most', 'noticed after', 'over after'],
    ]),
  );
  console.log(line(['---', ...Array.from({ length: 7 }, () => '--:')]));
  for (const fault of FAULTS) {
    if (!only.test(fault.name)) continue;
    try {
      console.log(describe(await measure(fault, folder)));
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
