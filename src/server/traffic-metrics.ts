import { REJECTIONS } from '#http1/rejection.ts';
import type { Metric, Sample } from '#observe/prometheus-text.ts';
import { TIME_BOUNDS, TIME_BUCKETS } from '#observe/time-buckets.ts';
import { COUNTED_CODES, COUNTED_METHODS, COUNTS, endedSlot, REFUSAL_CODES } from './count-slots.ts';
import { openConnections, requestsInFlight } from './process-counts.ts';

/** Counters of one number: name, slot, help. */
const COUNTERS: readonly (readonly [string, number, string])[] = [
  ['heddle_http_requests_aborted_total', COUNTS.aborted, 'Requests whose answer was not sent whole.'],
  ['heddle_http_request_timeouts_total', COUNTS.timeouts, 'Requests whose answer did not begin in time.'],
  ['heddle_http_request_failures_total', COUNTS.failures, 'Requests at which the app failed.'],
  [
    'heddle_http_requests_shed_total',
    COUNTS.sheds,
    'Requests turned away with 503: the queue of the pool was full, or the thread lagged.',
  ],
  [
    'heddle_http_requests_limited_total',
    COUNTS.limited,
    'Requests of clients that ask more often than --rate-limit, answered with 429.',
  ],
  ['heddle_http_received_bytes_total', COUNTS.received, 'Bytes received on connections.'],
  ['heddle_http_sent_bytes_total', COUNTS.sent, 'Bytes written to connections.'],
  ['heddle_connections_accepted_total', COUNTS.accepted, 'Connections accepted.'],
  ['heddle_connections_adopted_total', COUNTS.adopted, 'Connections taken over from a thread that hung.'],
  ['heddle_connections_closed_total', COUNTS.closed, 'Connections that are gone, those taken over included.'],
  [
    'heddle_connections_dropped_total',
    COUNTS.dropped,
    'Connections above --max-connections or --max-connections-per-ip, closed at once.',
  ],
  ['heddle_work_failures_total', COUNTS.workFailures, 'Work given to waitUntil() that failed.'],
  ['heddle_pool_jobs_given_total', COUNTS.jobsGiven, 'Jobs given to the pool.'],
];

const RESULTS = [
  ['completed', COUNTS.jobsCompleted],
  ['failed', COUNTS.jobsFailed],
  ['refused', COUNTS.jobsRefused],
  ['lost', COUNTS.jobsLost],
] as const;

/**
 * What the threads have counted, as metrics.
 * @param counts by the slots of `count-slots.ts`
 */
export function trafficMetrics(counts: Float64Array): readonly Metric[] {
  const get = (slot: number): number => counts[slot] ?? 0;
  return [
    {
      name: 'heddle_http_requests_total',
      type: 'counter',
      help: 'Requests that are over, by method and class of status; none: no answer had begun; other: no class of HTTP.',
      samples: requestSamples(get),
    },
    gauge('heddle_http_requests_in_flight', 'Requests that are not over.', requestsInFlight(counts)),
    times('heddle_http_request_duration_seconds', 'From the head of a request to the end of its answer.', {
      counts,
      first: COUNTS.duration,
    }),
    gauge('heddle_connections_open', 'Open connections.', openConnections(counts)),
    ...COUNTERS.map(
      ([name, slot, help]): Metric => ({ name, type: 'counter', help, samples: [{ value: get(slot) }] }),
    ),
    {
      name: 'heddle_http_refusals_total',
      type: 'counter',
      help: 'Bytes of peers that were refused, by reason and the status it has.',
      samples: [
        ...REFUSAL_CODES.map((reason, at) => ({
          labels: { reason, status: REJECTIONS[reason].status },
          value: get(COUNTS.refusals + at),
        })),
        { labels: { reason: 'node', status: '4xx' }, value: get(COUNTS.refusedInside) },
      ],
    },
    {
      name: 'heddle_pool_jobs_total',
      type: 'counter',
      help: 'Jobs that are over, by result; refused: the queue was full; lost: with the thread that had given them.',
      samples: RESULTS.map(([result, slot]) => ({ labels: { result }, value: get(slot) })),
    },
    times('heddle_pool_job_wait_seconds', 'How long jobs waited for a pool thread.', {
      counts,
      first: COUNTS.jobWait,
    }),
    times('heddle_pool_job_run_seconds', 'How long jobs ran.', { counts, first: COUNTS.jobRun }),
    times('heddle_event_loop_lag_seconds', 'How late the event loops of server threads came by.', {
      counts,
      first: COUNTS.lag,
    }),
  ];
}

/** Those that there were, and each method with 2xx: most would be zero for ever. */
function requestSamples(get: (slot: number) => number): Sample[] {
  return COUNTED_METHODS.flatMap((method, methodAt) =>
    COUNTED_CODES.map((code, codeAt) => ({
      labels: { method, code },
      value: get(endedSlot(methodAt, codeAt)),
    })).filter(({ value, labels }) => value > 0 || labels.code === '2xx'),
  );
}

function gauge(name: string, help: string, value: number): Metric {
  return { name, type: 'gauge', help, samples: [{ value }] };
}

function times(
  name: string,
  help: string,
  { counts, first }: { readonly counts: Float64Array; readonly first: number },
): Metric {
  let count = 0;
  const samples: Sample[] = [];
  for (let bucket = 0; bucket < TIME_BUCKETS; bucket += 1) {
    count += counts[first + bucket] ?? 0;
    samples.push({
      suffix: '_bucket',
      labels: { le: TIME_BOUNDS[bucket] ?? '+Inf' },
      value: count,
    });
  }
  samples.push({ suffix: '_sum', value: counts[first + TIME_BUCKETS] ?? 0 });
  samples.push({ suffix: '_count', value: count });
  return { name, type: 'histogram', help, samples };
}
