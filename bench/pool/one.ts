// node bench/pool/one.ts POOL LOAD MS: one pool under one load, in a process of its own. Prints JSON.
import { LOADS } from './loads.ts';
import { POOLS } from './pools.ts';

const [poolName = '', loadName = '', msText = '1000'] = process.argv.slice(2);
const load = LOADS[loadName];
const pool = await POOLS[poolName]?.();
if (load === undefined || pool === undefined)
  throw new Error(`No such pool or load: ${poolName}, ${loadName}`);
const { inFlight, one } = load;

/** Keeps the pool under the load for so long. */
async function run(ms: number): Promise<{ jobs: number; times: Float64Array }> {
  const end = performance.now() + ms;
  const times: number[] = [];
  let jobs = 0;
  const lane = async (): Promise<void> => {
    for (let now = performance.now(); now < end; ) {
      const at = jobs++;
      const counts = await one(pool as NonNullable<typeof pool>, at);
      const then = performance.now();
      // Enough for a quantile, and too few to be what is measured.
      if (counts && (inFlight < 64 || at % 16 === 0)) times.push(then - now);
      now = then;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return { jobs, times: Float64Array.from(times).sort() };
}

const ms = Number(msText);
await run(ms / 2);
const cpuBefore = process.cpuUsage();
const begin = performance.now();
const { jobs, times } = await run(ms);
const tookMs = performance.now() - begin;
const { user, system } = process.cpuUsage(cpuBefore);
const quantile = (q: number): number =>
  times[Math.min(times.length - 1, Math.floor(times.length * q))] ?? Number.NaN;
console.log(
  JSON.stringify({
    perSecond: (1000 * jobs) / tookMs,
    cpuUs: (user + system) / jobs,
    ...{ p50: quantile(0.5), p90: quantile(0.9), p99: quantile(0.99) },
  }),
);
// Not every pool's end comes to an end.
process.exit();
