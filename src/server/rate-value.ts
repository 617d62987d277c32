/** How often a client may ask: a bucket of tokens, of which each request takes one. */
export interface Rate {
  /** How many tokens come in a window. */
  readonly count: number;
  /** How long a window is, in milliseconds. */
  readonly windowMs: number;
  /** How many tokens there are at most, and so how many requests may come at once. */
  readonly burst: number;
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };
const MOST_COUNT = 1_000_000;
const LONGEST_WINDOW_MS = 86_400_000;

/**
 * Reads a rate: `10/s`, `100/m`, `1000/15m`, `20/s burst=100`; `10r/s` as nginx writes it, and `,` or `;` before `burst` too.
 * Without a burst all tokens of a window may be taken at once.
 * @param text what was given
 * @returns `undefined` where it is none
 */
export function parseRate(text: string): Rate | undefined {
  const [, count, length, unit, burst] =
    /^(\d{1,7})r?\/(\d{0,5})([smh])(?:[ ,;]+burst=(\d{1,7}))?$/.exec(text) ?? [];
  if (count === undefined || unit === undefined) return undefined;
  const windowMs = Number(length || 1) * (UNITS_MS[unit] ?? 0);
  const rate: Rate = { count: Number(count), windowMs, burst: Number(burst ?? count) };
  const isPossible = [rate.count, rate.burst].every((number) => number >= 1 && number <= MOST_COUNT);
  return isPossible && windowMs >= 1 && windowMs <= LONGEST_WINDOW_MS ? rate : undefined;
}
