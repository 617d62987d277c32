// npm run bench:pool-faults: how our pool and those of npm fare when a job goes wrong. Needs `npm ci --prefix bench/pool`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { POOLS } from './pools.ts';

const FAULT = fileURLToPath(new URL('./fault.ts', import.meta.url));
const FAULTS = [
  'a job throws',
  'a job calls process.exit()',
  'a job throws where nobody catches',
  'a job rejects where nobody listens',
  'a job fills the heap',
  'a job never ends and is given up',
  'an argument cannot be copied',
  'a result cannot be copied',
];
const MOST_MS = 30_000;

interface Fared {
  readonly own: string;
  readonly neighbours: number;
  readonly after: string;
}

console.log(`Node ${process.versions.node}; 20 other jobs are given with the one that goes wrong\n`);
console.log('| fault | pool | the job | of the other 20 | 1.5 s later |');
console.log('| --- | --- | --- | ---: | --- |');
for (const fault of FAULTS) {
  for (const pool of Object.keys(POOLS)) {
    if (pool.includes(',')) continue;
    const { status, stdout, signal } = spawnSync(
      process.execPath,
      ['--max-old-space-size=200', FAULT, pool, fault],
      { encoding: 'utf8', timeout: MOST_MS },
    );
    const cells =
      status === 0
        ? fared(stdout)
        : [signal ? `the process hangs (${signal})` : `the process dies (${status})`, '', ''];
    console.log(`| ${[fault, pool, ...cells].join(' | ')} |`);
  }
}

function fared(stdout: string): (string | number)[] {
  const { own, neighbours, after } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Fared;
  return [own, neighbours, after];
}
