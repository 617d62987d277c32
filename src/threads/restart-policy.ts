/** How patiently dead threads are restarted. Times in milliseconds. */
export interface RestartLimits {
  /** The wait before the first restart; doubles with each further death. @default 100 */
  readonly backoffMs: number;
  /** The longest wait. @default 10000 */
  readonly maxBackoffMs: number;
  /** This many deaths within {@link RestartLimits.withinMs} and the thread is given up. @default 5 */
  readonly maxDeaths: number;
  /** The window in which deaths are counted; a thread that was ready for this long has run well. @default 30000 */
  readonly withinMs: number;
}

/** The defaults of {@link RestartLimits}. */
export const RESTART_LIMITS: RestartLimits = Object.freeze({
  backoffMs: 100,
  maxBackoffMs: 10_000,
  maxDeaths: 5,
  withinMs: 30_000,
});

/** What is remembered of one thread's deaths. */
export interface DeathRecord {
  /** Deaths since the thread last ran well. They make the wait longer. */
  readonly streak: number;
  /** When the latest of them happened, oldest first, no older than the window. */
  readonly recent: readonly number[];
}

/** The record of a thread that has not died. */
export const NO_DEATHS: DeathRecord = Object.freeze({ streak: 0, recent: Object.freeze([]) });

/** What to do about a death. */
export type RestartDecision =
  | { readonly next: 'restart'; readonly delayMs: number; readonly record: DeathRecord }
  | { readonly next: 'give-up'; readonly record: DeathRecord };

/**
 * Decides what follows a death. Without the wait a thread that dies at once would burn a core; without the
 * giving-up it would do so for ever.
 * @param record the thread's deaths so far
 * @param now the time of this death, in milliseconds of any steady clock
 * @param readyForMs how long the thread had been ready; 0 for one that died while starting
 * @param limits how patient to be
 */
export function decideRestart(
  record: DeathRecord,
  now: number,
  readyForMs: number,
  limits: RestartLimits = RESTART_LIMITS,
): RestartDecision {
  const before = readyForMs >= limits.withinMs ? NO_DEATHS : record;
  const recent = [...before.recent.filter((time) => now - time < limits.withinMs), now];
  const streak = before.streak + 1;
  if (recent.length >= limits.maxDeaths) return { next: 'give-up', record: { streak, recent } };
  const delayMs = Math.min(limits.maxBackoffMs, limits.backoffMs * 2 ** (streak - 1));
  return { next: 'restart', delayMs, record: { streak, recent } };
}
