import { REJECTIONS, type RejectionCode } from '#http1/rejection.ts';
import { TIME_BUCKETS } from '#observe/time-buckets.ts';

/** The methods that are told apart; every other is `other`, so that no client can make names up without end. */
export const COUNTED_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'other'] as const;

/** What became of a request. `none`: no answer has begun; `other`: Node lets an app answer with any status up to 999. */
export const COUNTED_CODES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx', 'other'] as const;

const OTHER_METHOD = COUNTED_METHODS.length - 1;
const OTHER_CODE = COUNTED_CODES.length - 1;

/** The reasons to refuse bytes, in the order of their slots. */
export const REFUSAL_CODES: readonly RejectionCode[] = Object.keys(REJECTIONS) as RejectionCode[];

let next = 0;

function slots(count = 1): number {
  const first = next;
  next += count;
  return first;
}

/** A histogram of times: its buckets, then the sum in seconds. */
function times(): number {
  return slots(TIME_BUCKETS + 1);
}

type CountName =
  | 'begun'
  | 'ended'
  | 'aborted'
  | 'duration'
  | 'received'
  | 'sent'
  | 'accepted'
  | 'adopted'
  | 'dropped'
  | 'closed'
  | 'refusals'
  | 'refusedInside'
  | 'sheds'
  | 'limited'
  | 'timeouts'
  | 'failures'
  | 'workFailures'
  | 'jobsGiven'
  | 'jobsCompleted'
  | 'jobsFailed'
  | 'jobsRefused'
  | 'jobsLost'
  | 'jobWait'
  | 'jobRun'
  | 'lag';

/** What a server thread counts, and where: the first slot of each in its `SharedCounts`. */
export const COUNTS: Readonly<Record<CountName, number>> = {
  /** Requests that have begun, by method. */
  begun: slots(COUNTED_METHODS.length),
  /** Requests that are over, by method and, within it, by code. */
  ended: slots(COUNTED_METHODS.length * COUNTED_CODES.length),
  /** Those among them whose answer was not written whole. */
  aborted: slots(),
  /** How long they took. */
  duration: times(),
  received: slots(),
  sent: slots(),
  accepted: slots(),
  adopted: slots(),
  dropped: slots(),
  closed: slots(),
  /** By code. */
  refusals: slots(REFUSAL_CODES.length),
  /** By the server of a Node app. */
  refusedInside: slots(),
  sheds: slots(),
  /** Requests of clients that ask too often. */
  limited: slots(),
  timeouts: slots(),
  failures: slots(),
  workFailures: slots(),
  jobsGiven: slots(),
  jobsCompleted: slots(),
  jobsFailed: slots(),
  jobsRefused: slots(),
  /** Those of threads that died before they were settled. */
  jobsLost: slots(),
  jobWait: times(),
  jobRun: times(),
  /** How late the event loop comes by. */
  lag: times(),
};

/** How many slots are counts: those of several threads add up. */
export const COUNT_SLOTS: number = next;

/** Slots that say how it is now: they end with their thread. */
export const STATES: Readonly<Record<'lag' | 'due', number>> = {
  /** How late the event loop came by last, in seconds. */
  lag: slots(),
  /** When it is to come by next, by `performance.now()`, which begins with the process, not the thread. */
  due: slots(),
};

/** How many slots there are. */
export const ALL_SLOTS: number = next;

/** The slot of requests that are over, of one method and code. */
export function endedSlot(method: number, code: number): number {
  return COUNTS.ended + method * COUNTED_CODES.length + code;
}

/** The place of a method among {@link COUNTED_METHODS}. */
export function methodIndex(method: string): number {
  // Nearly always the first; a table would be looked up in by hash.
  if (method === 'GET') return 0;
  const index = (COUNTED_METHODS as readonly string[]).indexOf(method);
  return index < 0 ? OTHER_METHOD : index;
}

/** The place of a status among {@link COUNTED_CODES}; 0 stands for none. */
export function codeIndex(status: number): number {
  return Math.min(Math.floor(status / 100), OTHER_CODE);
}
