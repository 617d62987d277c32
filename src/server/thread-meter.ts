import type { TrafficMeter } from '#net/traffic-meter.ts';
import {
  peerRefused,
  requestFailed,
  requestLimited,
  requestShed,
  requestTimedOut,
  workFailed,
} from '#observe/events.ts';
import type { SharedCounts } from '#observe/shared-counts.ts';
import { bucketOf, TIME_BUCKETS } from '#observe/time-buckets.ts';
import type { JobMeter } from '#pool/job-meter.ts';
import { COUNTS, codeIndex, endedSlot, methodIndex, REFUSAL_CODES, STATES } from './count-slots.ts';

/** So often is looked how late an event loop comes by; it costs a microsecond. */
const LAG_PERIOD_MS = 250;

/** Counts what one server thread does, for whoever reads the same memory. */
export class ThreadMeter implements TrafficMeter, JobMeter {
  readonly #counts: SharedCounts;

  /** @param counts the thread's own: nobody else writes there */
  constructor(counts: SharedCounts) {
    this.#counts = counts;
  }

  /** Counts what is told of by events, and how late the event loop is, for as long as the thread lives. */
  start(): void {
    const counts = this.#counts;
    const refusals = new Map(REFUSAL_CODES.map((code, at) => [code as string, COUNTS.refusals + at]));
    peerRefused.subscribe(({ code }) => {
      const slot = refusals.get(code);
      if (slot !== undefined) counts.count(slot);
    });
    requestShed.subscribe(() => counts.count(COUNTS.sheds));
    requestLimited.subscribe(() => counts.count(COUNTS.limited));
    requestTimedOut.subscribe(() => counts.count(COUNTS.timeouts));
    requestFailed.subscribe(() => counts.count(COUNTS.failures));
    workFailed.subscribe(() => counts.count(COUNTS.workFailures));
    this.#awaitLook();
  }

  onAccepted(): void {
    this.#counts.count(COUNTS.accepted);
  }

  onAdopted(): void {
    this.#counts.count(COUNTS.adopted);
  }

  onDropped(): void {
    this.#counts.count(COUNTS.dropped);
  }

  onClosed(): void {
    this.#counts.count(COUNTS.closed);
  }

  onRefusedInside(): void {
    this.#counts.count(COUNTS.refusedInside);
  }

  onReceived(bytes: number): void {
    this.#counts.add(COUNTS.received, bytes);
  }

  onSent(bytes: number): void {
    this.#counts.add(COUNTS.sent, bytes);
  }

  onBegun(method: string): void {
    this.#counts.count(COUNTS.begun + methodIndex(method));
  }

  onEnded(method: string, status: number, isWhole: boolean, ms: number): void {
    this.#counts.count(endedSlot(methodIndex(method), codeIndex(status)));
    if (!isWhole) this.#counts.count(COUNTS.aborted);
    this.#note(COUNTS.duration, ms / 1000);
  }

  onGiven(): void {
    this.#counts.count(COUNTS.jobsGiven);
  }

  onRefused(): void {
    this.#counts.count(COUNTS.jobsRefused);
  }

  onWaited(ms: number): void {
    this.#note(COUNTS.jobWait, ms / 1000);
  }

  onRun(ms: number): void {
    this.#note(COUNTS.jobRun, ms / 1000);
  }

  onSettled(hasFailed: boolean): void {
    this.#counts.count(hasFailed ? COUNTS.jobsFailed : COUNTS.jobsCompleted);
  }

  #note(times: number, seconds: number): void {
    this.#counts.count(times + bucketOf(seconds));
    this.#counts.add(times + TIME_BUCKETS, seconds);
  }

  #awaitLook(): void {
    const due = performance.now() + LAG_PERIOD_MS;
    this.#counts.set(STATES.due, due);
    setTimeout(() => {
      const seconds = Math.max(0, performance.now() - due) / 1000;
      this.#counts.set(STATES.lag, seconds);
      this.#note(COUNTS.lag, seconds);
      this.#awaitLook();
    }, LAG_PERIOD_MS).unref();
  }
}
