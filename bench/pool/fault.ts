// node bench/pool/fault.ts POOL FAULT: one pool and one way to fail, in a process of its own. Prints JSON.
import { type AnyPool, POOLS, WORKERS } from './pools.ts';

const PATIENCE_MS = 3_000;
const GIVEN_UP_MS = 200;
const LATER_MS = 1_500;
/** Jobs that have nothing to do with the fault, given with it. */
const NEIGHBOURS = 20;

/** What each fault does to a pool. */
const FAULTS: Readonly<Record<string, (pool: AnyPool) => Promise<unknown>>> = {
  'a job throws': (pool) => pool.run('fail', undefined),
  'a job calls process.exit()': (pool) => pool.run('leave', undefined),
  'a job throws where nobody catches': (pool) => pool.run('throwElsewhere', undefined),
  'a job rejects where nobody listens': (pool) => pool.run('rejectElsewhere', undefined),
  'a job fills the heap': (pool) => pool.run('exhaust', undefined),
  'a job never ends and is given up': (pool) => pool.giveUp('loop', GIVEN_UP_MS),
  'an argument cannot be copied': async (pool) => pool.run('echo', () => 1),
  'a result cannot be copied': (pool) => pool.run('makeFunction', undefined),
};

const [poolName = '', fault = ''] = process.argv.slice(2);
const pool = await POOLS[poolName]?.();
const strike = FAULTS[fault];
if (pool === undefined || strike === undefined)
  throw new Error(`No such pool or fault: ${poolName}, ${fault}`);

await pool.run('echo', 1);
const culprit = outcomeOf(strike(pool));
const neighbours = await Promise.all(
  Array.from({ length: NEIGHBOURS }, (_, at) => outcomeOf(pool.run('echo', at))),
);
const own = await culprit;
// A while later every worker should be there: as many long jobs side by side.
await new Promise((resolve) => setTimeout(resolve, LATER_MS));
const began = performance.now();
const filled = await Promise.all(Array.from({ length: WORKERS }, () => outcomeOf(pool.run('burn', 200))));
const sideBySide =
  filled.every((outcome) => outcome === 'resolves') && performance.now() - began < 200 * WORKERS;
console.log(
  JSON.stringify({
    own,
    neighbours: neighbours.filter((outcome) => outcome === 'resolves').length,
    after: sideBySide ? 'all workers' : filled.includes('resolves') ? 'fewer workers' : 'none works',
  }),
);
process.exit();

/** How a promise ends; a pool may also throw at once. */
async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  const late = new Promise<string>((resolve) => setTimeout(resolve, PATIENCE_MS, 'never settles'));
  return Promise.race([promise.then(() => 'resolves', describe), late]);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'rejects with no error';
  const { name, code, cause } = error as Error & { code?: unknown };
  const parts = [
    name,
    ...(code === undefined ? [] : [String(code)]),
    ...(cause === undefined ? [] : ['cause']),
  ];
  return `rejects: ${parts.join(', ')}`;
}
