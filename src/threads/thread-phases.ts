/** Where a thread is in its life, see {@link THREAD_PHASES}. */
export type ThreadPhase = 'waiting' | 'starting' | 'ready' | 'draining' | 'terminating' | 'exited';

/** What may follow a phase, and the deadline that guards it. */
export interface PhaseRule {
  /** The phases that may follow. */
  readonly next: readonly ThreadPhase[];
  /** How long it may last; `undefined` where there is no limit. */
  readonly deadline: keyof ThreadDeadlines | undefined;
}

/** The phases of a thread. What is not among the `next` of a phase is refused. */
export const THREAD_PHASES: Readonly<Record<ThreadPhase, PhaseRule>> = {
  /** A spare: started, but without a place to fill. For how long depends on the others. */
  waiting: { next: ['starting', 'draining', 'terminating', 'exited'], deadline: undefined },
  /** The entry is being loaded. At the deadline the start counts as failed. */
  starting: { next: ['ready', 'draining', 'terminating', 'exited'], deadline: 'startTimeoutMs' },
  /** It works. For how long is nobody's business here. */
  ready: { next: ['draining', 'terminating', 'exited'], deadline: undefined },
  /** It was asked to finish what it holds. At the deadline it is terminated. */
  draining: { next: ['terminating', 'exited'], deadline: 'drainTimeoutMs' },
  /** It was stopped where it stands. A thread inside native code does not notice; at the deadline it is given up as stuck. */
  terminating: { next: ['exited'], deadline: 'terminateTimeoutMs' },
  /** It is gone, or stuck and disowned. */
  exited: { next: [], deadline: undefined },
};

/** The deadlines of a thread, in milliseconds; `Infinity` for none. */
export interface ThreadDeadlines {
  /** How long loading may take. */
  readonly startTimeoutMs: number;
  /** How long finishing may take once it was asked for. */
  readonly drainTimeoutMs: number;
  /** How long a thread may take to notice that it was terminated. */
  readonly terminateTimeoutMs: number;
}
