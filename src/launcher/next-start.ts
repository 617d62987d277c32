/** What is remembered of the servers that died. */
export interface ServerDeaths {
  /** Deaths since a server last ran well. They make the wait longer. */
  readonly streak: number;
  /** How many of the latest died before they served. */
  readonly failedStarts: number;
  /** Whether any has served. */
  readonly hasServed: boolean;
}

/** Before the first. */
export const NO_DEATHS: ServerDeaths = Object.freeze({ streak: 0, failedStarts: 0, hasServed: false });

/** Whether and when the next server is started. */
export type NextStart =
  | { readonly delayMs: number; readonly deaths: ServerDeaths }
  | { readonly delayMs: undefined; readonly reason: string };

/** A server that has served for so long has run well. */
const WELL_MS = 30_000;
/** So many deaths in a row are followed at once. */
const MOST_AT_ONCE = 3;
/** The wait behind the next; it doubles with each. */
const BACKOFF_MS = 100;
/** Who waits in the kernel's queue waits no longer than for this and a start: it costs a process every two seconds. */
const MOST_BACKOFF_MS = 2_000;
/** What has failed so often will fail again: whoever started the launcher has to know. */
const MOST_FAILED_STARTS = 5;

/**
 * Decides what follows the death of a server. One that served is always succeeded: a request that kills it shall not be able
 * to end the service. One that never served, or a row of those, is not.
 * @param deaths those before
 * @param readyForMs how long it served; `undefined` for one that did not come to it
 */
export function nextStart(deaths: ServerDeaths, readyForMs: number | undefined): NextStart {
  const hasServed = deaths.hasServed || readyForMs !== undefined;
  if (!hasServed) return { delayMs: undefined, reason: 'it is not started again' };
  const failedStarts = readyForMs === undefined ? deaths.failedStarts + 1 : 0;
  if (failedStarts >= MOST_FAILED_STARTS) {
    return {
      delayMs: undefined,
      reason: `${failedStarts} starts in a row have failed, and no more are tried`,
    };
  }
  const streak = readyForMs !== undefined && readyForMs >= WELL_MS ? 1 : deaths.streak + 1;
  return { delayMs: delayOf(streak), deaths: { streak, failedStarts, hasServed } };
}

/**
 * Decides what follows where the system had no process to give. That passes, so it is tried for as long as it takes; only
 * where none has ever served somebody is there to read what is wrong.
 * @param deaths those before
 */
export function nextTry(deaths: ServerDeaths): NextStart {
  if (!deaths.hasServed) return { delayMs: undefined, reason: 'it is not tried again' };
  const streak = deaths.streak + 1;
  return { delayMs: Math.max(BACKOFF_MS, delayOf(streak)), deaths: { ...deaths, streak } };
}

function delayOf(streak: number): number {
  const exponent = streak - MOST_AT_ONCE - 1;
  return exponent < 0 ? 0 : Math.min(MOST_BACKOFF_MS, BACKOFF_MS * 2 ** exponent);
}
