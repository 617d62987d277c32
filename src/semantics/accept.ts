import { listMembers, trimWhitespace } from './headers.ts';

/** One member of `Accept` that can be read. */
interface MediaRange {
  /** In lower case: `text/html`, `text/*`, `*` `/*`. */
  readonly range: string;
  /** 0 to 1. */
  readonly quality: number;
}

/**
 * Chooses what a client would rather have (RFC9110§12.5.1). Of what it likes equally: what it names more exactly, then what it
 * names first, then what stands first among those offered. Parameters other than `q` are passed over.
 * @param accept the combined field value; without one everything is as welcome
 * @param offered the media types there are, in lower case, without parameters
 * @returns `undefined` where it wants none of them
 */
export function preferredType<Offered extends string>(
  accept: string | undefined,
  offered: readonly Offered[],
): Offered | undefined {
  const ranges = accept === undefined ? ANYTHING : listMembers(accept).flatMap(readRange);
  let best: Offered | undefined;
  let bestRank: Rank = NOTHING;
  for (const type of offered) {
    const rank = rankOf(type, ranges);
    if (compare(rank, bestRank) > 0) {
      best = type;
      bestRank = rank;
    }
  }
  return best;
}

/** How welcome a type is: by quality, exactness and place, of which more is better. */
type Rank = readonly [quality: number, exactness: number, place: number];

const NOTHING: Rank = [0, Number.POSITIVE_INFINITY, 0];
const ANYTHING: readonly MediaRange[] = [{ range: '*/*', quality: 1 }];

/** The most exact range that fits decides, whatever its quality: `text/html;q=0, *` `/*` is anything but HTML. */
function rankOf(type: string, ranges: readonly MediaRange[]): Rank {
  let rank: Rank = [0, 0, 0];
  for (const [at, { range, quality }] of ranges.entries()) {
    const exactness = exactnessOf(range, type);
    if (exactness > rank[1]) rank = [quality, exactness, -at];
  }
  return rank;
}

function exactnessOf(range: string, type: string): number {
  if (range === type) return 3;
  if (range === '*/*') return 1;
  return range.endsWith('/*') && type.startsWith(range.slice(0, -1)) ? 2 : 0;
}

function compare(a: Rank, b: Rank): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

function readRange(member: string): MediaRange[] {
  const [range = '', ...parameters] = member.split(';').map(trimWhitespace);
  const weight = parameters.find((parameter) => /^q=/i.test(parameter))?.slice(2) ?? '1';
  // RFC9110§12.4.2: at most three digits. What is no weight says nothing about the rest.
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight)
    ? [{ range: range.toLowerCase(), quality: Number(weight) }]
    : [];
}
