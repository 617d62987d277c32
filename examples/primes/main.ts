// node --conditions heddle-source examples/primes/main.ts [TO]: a pool without a server.
import { availableParallelism } from 'node:os';
import { ThreadPool } from 'heddle';

const to = Number(process.argv[2] ?? 2_000_000);
const PART = 50_000;

await using pool = new ThreadPool<typeof import('./tasks.ts')>({
  tasks: new URL('./tasks.ts', import.meta.url),
  size: availableParallelism(),
});

const begin = performance.now();
const parts: Promise<number>[] = [];
for (let from = 2; from < to; from += PART) {
  await pool.room();
  parts.push(pool.execute('countPrimes', [from, Math.min(to, from + PART)]));
}
const count = (await Promise.all(parts)).reduce((sum, part) => sum + part, 0);
const { run } = pool.stats;
console.log(`${count} primes below ${to}, in ${Math.round(performance.now() - begin)} ms`);
console.log(`${parts.length} jobs on ${pool.stats.size} threads, ${run.mean.toFixed(1)} ms each`);

let last = 0;
for await (const prime of pool.stream('primes', [to])) {
  last = prime;
  break;
}
console.log(`The next is ${last}.`);
