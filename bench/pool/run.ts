// npm run bench:pool [-- ROUNDS [MS]]: our pool beside those of npm, in one run, shuffled, every answer checked.
// Needs `npm ci --prefix bench/pool`. Each figure is the median of the rounds; read the ratios.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { LOADS } from './loads.ts';
import { POOLS, WORKERS } from './pools.ts';

interface Figures {
  readonly perSecond: number;
  readonly cpuUs: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

const ONE = fileURLToPath(new URL('./one.ts', import.meta.url));
const [rounds = '3', ms = '1000'] = process.argv.slice(2);
const pairs = Object.keys(LOADS).flatMap((load) => Object.keys(POOLS).map((pool) => ({ load, pool })));
const measured = new Map<string, Figures[]>();

for (let round = 0; round < Number(rounds); round += 1) {
  for (const { load, pool } of shuffled(pairs)) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [ONE, pool, load, ms], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${pool}, ${load}: ${stderr}`);
    const key = `${load}/${pool}`;
    measured.set(key, [...(measured.get(key) ?? []), JSON.parse(stdout) as Figures]);
  }
  process.stderr.write(`round ${round + 1} of ${rounds}\n`);
}

console.log(
  `Node ${process.versions.node}, ${WORKERS} workers, ${rounds} rounds of ${ms} ms, shuffled; medians\n`,
);
console.log('| load | pool | jobs/s | us CPU a job | p50 ms | p90 ms | p99 ms | heddle is |');
console.log('| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |');
for (const { load, pool } of pairs) {
  const of = (member: keyof Figures): number =>
    median((measured.get(`${load}/${pool}`) ?? []).map((one) => one[member]));
  const ours = median((measured.get(`${load}/heddle`) ?? []).map(({ perSecond }) => perSecond));
  const ratio = pool === 'heddle' ? '' : `${(ours / of('perSecond')).toFixed(1)}x`;
  const cells = [load, pool, Math.round(of('perSecond')), of('cpuUs').toFixed(1)];
  const times = [of('p50'), of('p90'), of('p99')].map((time) => time.toFixed(3));
  console.log(`| ${[...cells, ...times, ratio].join(' | ')} |`);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}
