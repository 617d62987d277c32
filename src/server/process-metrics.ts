import type { Metric } from '#observe/prometheus-text.ts';
import type { ManagedThread } from '#threads/managed-thread.ts';
import type { ProcessCounts } from './process-counts.ts';
import type { Readiness } from './readiness.ts';
import type { ServerTally } from './server-tally.ts';
import { lagOf } from './thread-lag.ts';
import type { ThreadsInSight } from './threads-in-sight.ts';
import { trafficMetrics } from './traffic-metrics.ts';
import { heddleVersion } from './version.ts';

/** What metrics are made of. */
export interface MetricsSource {
  /** What is known of the whole process. */
  readonly tally: ServerTally;
  /** The number of the generation that serves, from 1. */
  readonly generation: number;
  /** How many generations there are, with those that finish what they have. */
  readonly generations: number;
  /** The threads as they are now. */
  inSight(): ThreadsInSight;
}

/**
 * All metrics of the process as they are now. Nothing is asked of any thread: what they count stands in shared memory,
 * and how busy their loops are is read from outside.
 */
export function processMetrics(source: MetricsSource, readiness: Readiness): readonly Metric[] {
  const { tally, generation, generations } = source;
  const inSight = source.inSight();
  return [
    gauge('heddle_build_info', 'Always 1; the labels say what runs.', [
      { labels: { version: heddleVersion(), node: process.versions.node }, value: 1 },
    ]),
    gauge('heddle_ready', 'Whether /readyz says 200.', [
      { value: readiness.objection === undefined ? 1 : 0 },
    ]),
    gauge('heddle_generation', 'The number of the generation that serves, from 1.', [{ value: generation }]),
    gauge('heddle_generations', 'Generations there are, with those that finish what they have.', [
      { value: generations },
    ]),
    counter('heddle_reloads_total', 'Reloads, by what became of them.', [
      { labels: { result: 'done' }, value: tally.reloads.done },
      { labels: { result: 'failed' }, value: tally.reloads.failed },
    ]),
    ...threadMetrics(inSight, tally),
    gauge('heddle_pool_threads_busy', 'Pool threads that have a job.', [
      { value: inSight.pool.filter(({ index }) => inSight.isBusy(index)).length },
    ]),
    gauge('heddle_pool_jobs_waiting', 'Jobs that wait for a pool thread.', [{ value: inSight.jobsWaiting }]),
    ...(tally.counts === undefined ? [] : trafficMetrics(tally.counts.read())),
    ...ofTheProcess(),
  ];
}

function threadMetrics(inSight: ThreadsInSight, tally: ServerTally): readonly Metric[] {
  const threads = [...firstOfPlaces('server', inSight.server), ...firstOfPlaces('pool', inSight.pool)];
  const seconds = (of: 'active' | 'idle') =>
    threads.map(({ labels, thread }) => ({ labels, value: (thread.loopUse()?.[of] ?? 0) / 1000 }));
  const { counts } = tally;
  return [
    gauge('heddle_threads', 'Threads of the generation that serves, by phase.', phases(inSight)),
    counter(
      'heddle_thread_deaths_total',
      'Threads that have ended unasked, by how.',
      tally.ends.map(({ kind, cause, count }) => ({ labels: { kind, cause }, value: count })),
    ),
    counter(
      'heddle_thread_busy_seconds_total',
      'How long the event loop of the thread was busy; begins anew with a new thread.',
      seconds('active'),
    ),
    counter(
      'heddle_thread_idle_seconds_total',
      'How long the event loop of the thread waited; begins anew with a new thread.',
      seconds('idle'),
    ),
    gauge(
      'heddle_thread_lag_seconds',
      'How late the event loop of the thread comes by, as of now.',
      lags(inSight, counts),
    ),
  ];
}

function lags(inSight: ThreadsInSight, counts: ProcessCounts | undefined): Metric['samples'] {
  return firstOfPlaces('server', inSight.server).flatMap(({ labels, thread }) => {
    const seconds = lagOf(counts?.of(thread));
    return seconds === undefined ? [] : [{ labels, value: seconds }];
  });
}

function phases({ server, pool }: ThreadsInSight): Metric['samples'] {
  const counts = new Map<string, { labels: { kind: string; phase: string }; value: number }>();
  for (const [kind, threads] of Object.entries({ server, pool })) {
    for (const { phase } of threads) {
      const count = counts.get(`${kind} ${phase}`) ?? { labels: { kind, phase }, value: 0 };
      count.value += 1;
      counts.set(`${kind} ${phase}`, count);
    }
  }
  return [...counts.values()];
}

/** While one is replaced two have the same number: a sample is that of the one who has the place. */
function firstOfPlaces(
  kind: string,
  threads: readonly ManagedThread[],
): { readonly labels: { kind: string; thread: number }; readonly thread: ManagedThread }[] {
  const seen = new Set<number>();
  return threads.flatMap((thread) => {
    if (seen.has(thread.index)) return [];
    seen.add(thread.index);
    return [{ labels: { kind, thread: thread.index }, thread }];
  });
}

function ofTheProcess(): readonly Metric[] {
  const { user, system } = process.cpuUsage();
  return [
    counter('process_cpu_user_seconds_total', 'CPU time in user mode, of all threads.', [
      { value: user / 1e6 },
    ]),
    counter('process_cpu_system_seconds_total', 'CPU time in system mode, of all threads.', [
      { value: system / 1e6 },
    ]),
    counter('process_cpu_seconds_total', 'CPU time, of all threads.', [{ value: (user + system) / 1e6 }]),
    gauge('process_resident_memory_bytes', 'Memory in RAM, of all threads.', [
      { value: process.memoryUsage.rss() },
    ]),
    gauge('process_start_time_seconds', 'When the process was started, since 1970.', [
      { value: performance.timeOrigin / 1000 },
    ]),
  ];
}

function counter(name: string, help: string, samples: Metric['samples']): Metric {
  return { name, type: 'counter', help, samples };
}

function gauge(name: string, help: string, samples: Metric['samples']): Metric {
  return { name, type: 'gauge', help, samples };
}
