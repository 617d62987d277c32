import { cpus, release } from 'node:os';
import { type Contestant, costOf, median, ratio } from './measure.ts';
import type { Scenario } from './scenarios.ts';

/** What came of one scenario. */
export interface Result {
  readonly scenario: Scenario;
  readonly contestants: readonly Contestant[];
}

/** What the run was. */
export interface RunFacts {
  readonly command: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly versions: readonly string[];
  readonly missing: readonly string[];
}

/** The head of the report: machine, versions, command, and how to read it. */
export function formatHead({ command, rounds, seconds, versions, missing }: RunFacts): string {
  const [cpu] = cpus();
  return `# Benchmarks

Written by \`${command}\` on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} CPUs (${cpu?.model.trim() ?? 'unknown'}), Linux ${release()}, Node ${process.versions.node}.
${versions.join(', ')}.${missing.length > 0 ? ` Not installed here: ${missing.join(', ')}.` : ''}

One server at a time has the load, pinned to one CPU, wrk to the other; ${rounds} rounds of ${seconds} s in shuffled order, medians.
**µs** is the CPU time of the whole server process (user + system, from /proc) a request; that, and the ratios, hold on other
machines too, which the rest does not. **heddle / it** is the median of the rounds' ratios: below 1 heddle needs less.
heddle runs with one server thread.

Each target is named under its scenario. What was met, by how much the rest was missed and where that time goes:
[decision 021](decisions/021-where-the-time-goes.md).
`;
}

/** The table of one scenario, and whether its targets were met. */
export function formatResult({ scenario, contestants }: Result): string {
  const heddle = contestants.find(({ peer }) => peer.name === 'heddle');
  const rows = contestants
    .filter(({ samples }) => samples.length > 0)
    .toSorted((a, b) => costIn(a) - costIn(b))
    .map((contestant) => row(contestant, heddle));
  const failures = contestants
    .filter(({ failure }) => failure !== undefined)
    .map(({ peer, failure }) => `Left out: ${peer.name} (${failure}).\n`);
  return [
    `\n## ${scenario.title}\n`,
    `![CPU time a request](img/bench-${scenario.name}.svg)\n`,
    '|   | µs | user | system | heddle / it | requests/s | p50 ms | p99 ms | MiB |',
    '| - | -: | ---: | -----: | ----------: | ---------: | -----: | -----: | --: |',
    ...rows,
    '',
    ...failures,
    ...targetLines({ scenario, contestants }),
  ].join('\n');
}

function row(contestant: Contestant, heddle: Contestant | undefined): string {
  const { peer, samples } = contestant;
  const middle = (read: (sample: Contestant['samples'][number]) => number, digits: number): string =>
    median(samples.map(read)).toFixed(digits);
  const isHeddle = contestant === heddle;
  const cells = [
    isHeddle ? '**heddle**' : peer.name,
    digitsOf(costIn(contestant)),
    digitsOf(median(samples.map(({ user }) => user))),
    digitsOf(median(samples.map(({ system }) => system))),
    isHeddle || heddle === undefined ? '' : ratio(heddle, contestant).toFixed(2),
    middle(({ perSecond }) => perSecond, 0),
    middle(({ p50 }) => p50, 2),
    middle(({ p99 }) => p99, 2),
    middle(({ memoryBytes }) => memoryBytes / 1_048_576, 0),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** One line for each target, with what was measured. */
export function targetLines({ scenario, contestants }: Result): string[] {
  const heddle = contestants.find(({ peer }) => peer.name === 'heddle');
  return scenario.targets.flatMap(({ peer: name, most }) => {
    const other = contestants.find(({ peer, samples }) => peer.name === name && samples.length > 0);
    if (heddle === undefined || heddle.samples.length === 0 || other === undefined) return [];
    const measured = ratio(heddle, other);
    const verdict = measured <= most ? 'met' : '**missed**';
    return [`- Target: at most ${most} of ${name}. Measured ${measured.toFixed(2)}: ${verdict}.`];
  });
}

function costIn({ samples }: Contestant): number {
  return median(samples.map(costOf));
}

function digitsOf(microseconds: number): string {
  return microseconds.toFixed(microseconds < 100 ? 1 : 0);
}

const WIDTH = 720;
const LABEL = 110;
const BAR = 22;

/** Bars of CPU time a request, user and system, as a picture that follows the reader's colours. */
export function drawResult({ scenario, contestants }: Result): string {
  const shown = contestants
    .filter(({ samples }) => samples.length > 0)
    .toSorted((a, b) => costIn(a) - costIn(b));
  const most = Math.max(...shown.map(costIn));
  const scale = (WIDTH - LABEL - 90) / most;
  const height = shown.length * BAR + 34;
  const bars = shown.map((contestant, at) => {
    const { peer, samples } = contestant;
    const y = 28 + at * BAR;
    const user = median(samples.map((sample) => sample.user)) * scale;
    const system = median(samples.map((sample) => sample.system)) * scale;
    const isHeddle = peer.name === 'heddle';
    return `<g><text x="${LABEL - 8}" y="${y + 14}" text-anchor="end"${isHeddle ? ' class="own"' : ''}>${peer.name}</text>
<rect class="${isHeddle ? 'own-user' : 'user'}" x="${LABEL}" y="${y + 3}" width="${user.toFixed(1)}" height="${BAR - 7}"/>
<rect class="${isHeddle ? 'own-system' : 'system'}" x="${(LABEL + user).toFixed(1)}" y="${y + 3}" width="${system.toFixed(1)}" height="${BAR - 7}"/>
<text x="${(LABEL + user + system + 6).toFixed(1)}" y="${y + 14}">${digitsOf(costIn(contestant))}</text></g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${scenario.title}: CPU time a request">
<style>text{font:13px system-ui,sans-serif;fill:#222}.own{font-weight:bold}.user{fill:#9db4cc}.system{fill:#c9d6e3}.own-user{fill:#d9822b}.own-system{fill:#f0b97d}
@media (prefers-color-scheme: dark){text{fill:#ddd}.user{fill:#54708c}.system{fill:#3a4d61}}</style>
<text x="${LABEL}" y="16">microseconds of CPU a request: user, and lighter system</text>
${bars.join('\n')}
</svg>
`;
}
