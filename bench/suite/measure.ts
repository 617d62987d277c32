import type { Peer } from './peers.ts';
import { freePort, RunningPeer } from './running-peer.ts';
import type { Scenario } from './scenarios.ts';
import { runWrk } from './wrk.ts';

/** One measurement of one server: of CPU time a request, in microseconds, and of what wrk tells. */
export interface Sample {
  readonly user: number;
  readonly system: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly memoryBytes: number;
}

/** A server that takes part in a scenario, with its samples so far. */
export interface Contestant {
  readonly peer: Peer;
  readonly samples: Sample[];
  /** Why it was left out; `undefined` where it was not. */
  failure?: string;
}

/** How long and how often. */
export interface Effort {
  readonly rounds: number;
  readonly seconds: number;
}

/** The CPU time of a sample, in microseconds a request. */
export function costOf({ user, system }: Sample): number {
  return user + system;
}

/** The servers that a scenario is for. */
export function contestants(scenario: Scenario, peers: readonly Peer[]): Contestant[] {
  return peers
    .filter(({ kinds, only, except = [] }) => {
      const isNamed = only === undefined || only.includes(scenario.name);
      return kinds.includes(scenario.kind) && isNamed && !except.includes(scenario.name);
    })
    .map((peer) => ({ peer, samples: [] }));
}

/**
 * Measures a scenario: all servers run, one at a time has the load, in another order each round. Answers are checked first,
 * and the first seconds of each are not counted.
 */
export async function measure(
  scenario: Scenario,
  all: readonly Contestant[],
  { rounds, seconds }: Effort,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const running: {
    readonly contestant: Contestant;
    readonly server: RunningPeer;
    readonly fields: readonly string[];
  }[] = [];
  for (const contestant of all) {
    try {
      const port = await freePort();
      const server = stack.use(
        await RunningPeer.start(contestant.peer.name, port, contestant.peer.start(scenario.kind, port)),
      );
      const fields = await scenario.check(server.url);
      await runWrk(server.url, withFields(scenario, fields), Math.min(2, seconds));
      running.push({ contestant, server, fields });
    } catch (error) {
      contestant.failure = firstLine(String(error instanceof Error ? error.message : error));
    }
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const { contestant, server, fields } of shuffled(running)) {
      if (contestant.failure !== undefined) continue;
      const before = server.cpuTime();
      const result = await runWrk(server.url, withFields(scenario, fields), seconds).catch(String);
      if (typeof result === 'string') {
        // What it did before would not be comparable with rounds that others have had.
        contestant.failure = firstLine(result);
        contestant.samples.length = 0;
        continue;
      }
      const { requests, perSecond, p50, p99 } = result;
      const { user, system } = server.cpuTime();
      contestant.samples.push({
        user: (user - before.user) / requests,
        system: (system - before.system) / requests,
        ...{ perSecond, p50, p99 },
        memoryBytes: server.memoryBytes(),
      });
    }
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function withFields({ load }: Scenario, fields: readonly string[]): Scenario['load'] {
  return { ...load, fields: [...(load.fields ?? []), ...fields] };
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  const mixed = [...items];
  for (let at = mixed.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1));
    [mixed[at], mixed[other]] = [mixed[other] as Item, mixed[at] as Item];
  }
  return mixed;
}

/** The middle one; of an even number the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** What heddle's CPU time a request is as a multiple of another's: the median of the rounds' ratios. */
export function ratio(heddle: Contestant, other: Contestant): number {
  return median(heddle.samples.map((sample, at) => costOf(sample) / costOf(other.samples[at] ?? sample)));
}
