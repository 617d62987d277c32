import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Contestant, costOf, type Effort, measure, median } from './measure.ts';
import { heddle, type Workplace } from './peers.ts';
import type { Scenario } from './scenarios.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Compares this checkout with another revision of it, pair by pair: in each round both have the load, one after the other, and
 * what is told is the ratio of their costs, with the interval in which its median lies with 95 % certainty.
 * @param revision any name that git knows
 */
export async function compareRevisions(
  revision: string,
  scenarios: readonly Scenario[],
  effort: Effort,
  place: Workplace,
): Promise<void> {
  const checkout = join(place.folder, 'against');
  git('worktree', 'add', '--detach', checkout, revision);
  try {
    symlinkSync(join(PROJECT, 'node_modules'), join(checkout, 'node_modules'));
    console.log(`now / ${revision}, ${effort.rounds} pairs of ${effort.seconds} s each`);
    for (const scenario of scenarios) {
      const [now, then] = [PROJECT, checkout].map(
        (project): Contestant => ({ peer: heddle(place, project), samples: [] }),
      ) as [Contestant, Contestant];
      await measure(scenario, [now, then], effort);
      console.log(`${scenario.name.padEnd(10)} ${verdictOn(now, then)}`);
    }
  } finally {
    git('worktree', 'remove', '--force', checkout);
  }
}

function verdictOn(now: Contestant, then: Contestant): string {
  const failure = now.failure ?? then.failure;
  if (failure !== undefined) return `not measured: ${failure}`;
  const ratios = now.samples.map((sample, at) => costOf(sample) / costOf(then.samples[at] ?? sample));
  const [low, high] = intervalOf(ratios);
  const span = `${median(ratios).toFixed(3)} (95 %: ${low.toFixed(3)} to ${high.toFixed(3)})`;
  if (low > 1) return `${span}: slower`;
  return high < 1 ? `${span}: faster` : `${span}: no difference beyond noise`;
}

/**
 * In which the median lies with 95 % certainty, whatever the distribution: between two of the sorted values, by the binomial
 * distribution. With fewer than six values there is no such interval, and it is everything.
 */
export function intervalOf(values: readonly number[]): readonly [low: number, high: number] {
  const sorted = values.toSorted((a, b) => a - b);
  const count = sorted.length;
  let rank = 0;
  // The chance that fewer than `rank` values lie below the median; at most one in forty on each side.
  for (let chance = 0.5 ** count, sum = chance; sum <= 0.025; rank += 1) {
    chance = (chance * (count - rank)) / (rank + 1);
    sum += chance;
  }
  if (rank === 0) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return [sorted[rank - 1] ?? Number.NaN, sorted[count - rank] ?? Number.NaN];
}

function git(...command: string[]): void {
  execFileSync('git', command, { cwd: PROJECT, stdio: 'ignore' });
}
