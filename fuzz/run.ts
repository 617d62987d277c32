// node fuzz/run.ts [--target differential|splits|paths] [--inputs N] [--seconds S] [--seed X] [--threads T] [--only NUMBER]
// Tries random inputs on all cores and says what came of them; exit 1 where there was a finding.
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { addSummaries, type InputRange, type RangeSummary, tryInputs } from './inputs.ts';
import { TARGETS, type TargetName } from './targets.ts';

/** What to try, and for how long. */
export interface Campaign {
  readonly target: TargetName;
  /** The most inputs. */
  readonly inputs: number;
  /** The longest time, in seconds. */
  readonly seconds: number;
  readonly seed: number;
  readonly threads: number;
}

/** Tries inputs in threads of their own. */
export async function runCampaign({
  target,
  inputs,
  seconds,
  seed,
  threads,
}: Campaign): Promise<RangeSummary> {
  const until = performance.timeOrigin + performance.now() + seconds * 1000;
  const ranges = Array.from({ length: threads }, (_, first): InputRange => {
    return { target, seed, first, step: threads, end: inputs, until };
  });
  return addSummaries(await Promise.all(ranges.map(runInThread)));
}

/** What came of a campaign, as lines of text. */
export function formatSummary({ target, seed }: Campaign, summary: RangeSummary, tookMs: number): string {
  const { inputs, kinds, findings } = summary;
  const rate = (inputs / tookMs) * 1000;
  const counts = Object.entries(kinds).sort(([, a], [, b]) => b - a);
  const share = (count: number) => `${((count / inputs) * 100).toFixed(3)} %`.padStart(9);
  return [
    `${target}, seed ${seed}: ${inputs} inputs in ${(tookMs / 1000).toFixed(0)} s (${rate.toFixed(0)}/s), ${findings.length} findings`,
    ...counts.map(([kind, count]) => `${share(count)}  ${String(count).padStart(9)}  ${kind}`),
    ...findings.map(
      ({ number, what, bytes }) =>
        `\ninput ${number} (--only ${number}): ${what}\n  ${JSON.stringify(bytes)}`,
    ),
  ].join('\n');
}

async function runInThread(range: InputRange): Promise<RangeSummary> {
  const worker = new Worker(new URL(import.meta.url), { workerData: range });
  const [summary] = (await once(worker, 'message')) as [RangeSummary];
  return summary;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      target: { type: 'string', default: 'differential' },
      inputs: { type: 'string', default: '1000000' },
      seconds: { type: 'string', default: '3600' },
      seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
      threads: { type: 'string', default: `${availableParallelism()}` },
      only: { type: 'string' },
    },
  });
  const target = values.target as TargetName;
  if (!(target in TARGETS)) throw new Error(`--target: one of ${Object.keys(TARGETS).join(', ')}`);
  const campaign: Campaign = {
    target,
    inputs: Number(values.inputs),
    seconds: Number(values.seconds),
    seed: Number(values.seed),
    threads: Number(values.threads),
  };
  const start = performance.now();
  const first = Number(values.only);
  const summary =
    values.only === undefined
      ? await runCampaign(campaign)
      : tryInputs({ target, seed: campaign.seed, first, step: 1, end: first + 1, until: Infinity });
  console.log(formatSummary(campaign, summary, performance.now() - start));
  process.exitCode = summary.findings.length > 0 ? 1 : 0;
}

if (!isMainThread && parentPort !== null) parentPort.postMessage(tryInputs(workerData as InputRange));
else if (import.meta.main) await main();
