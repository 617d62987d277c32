import { trimWhitespace } from './headers.ts';

/** A part of a representation, half-open: bytes `start` to `end - 1`. */
export interface ByteRange {
  /** The first byte, from 0. */
  readonly start: number;
  /** One past the last byte; greater than `start`. */
  readonly end: number;
}

/** One element of a `bytes` range set: from `first` to `last` (open where `undefined`), or the last `suffix` bytes. */
export type ByteRangeSpec =
  | { readonly first: number; readonly last: number | undefined }
  | { readonly suffix: number };

/**
 * The most ranges read from one field. A set of a thousand overlapping ranges costs its sender a kilobyte; such a
 * request may be answered as if it had no `Range` (RFC9110§14.2, RFC9110§17.15).
 */
const MAX_RANGES = 32;

/*
 * ranges-specifier = range-unit "=" range-set               ; RFC9110§14.1.1
 * range-set    = 1#range-spec
 * int-range    = first-pos "-" [ last-pos ]                 ; RFC9110§14.1.2 has no other-range for bytes
 * suffix-range = "-" suffix-length
 */
const RANGES_SPECIFIER = /^bytes=(.+)$/i;
const RANGE_SPEC = /^(?:(\d+)-(\d*)|-(\d+))$/;

/**
 * Reads a `Range` field in the unit `bytes`.
 * @param value the field value
 * @returns `undefined` where the field is to be ignored: another unit, a broken set, `last` before `first`, too
 * many ranges. Positions beyond 2^53 lose precision but stay beyond every file.
 */
export function parseByteRanges(value: string): ByteRangeSpec[] | undefined {
  const set = RANGES_SPECIFIER.exec(value)?.[1];
  if (set === undefined) return undefined;
  const specs: ByteRangeSpec[] = [];
  for (const element of set.split(',')) {
    const trimmed = trimWhitespace(element);
    // A recipient takes empty list elements (RFC9110§5.6.1.2).
    if (trimmed === '') continue;
    const spec = parseRangeSpec(trimmed);
    if (spec === undefined || specs.length === MAX_RANGES) return undefined;
    specs.push(spec);
  }
  return specs.length === 0 ? undefined : specs;
}

function parseRangeSpec(text: string): ByteRangeSpec | undefined {
  const match = RANGE_SPEC.exec(text);
  if (match === null) return undefined;
  const [, first, last, suffix] = match;
  if (suffix !== undefined) return { suffix: Number(suffix) };
  const spec = { first: Number(first), last: last ? Number(last) : undefined };
  return spec.last !== undefined && spec.last < spec.first ? undefined : spec;
}

/**
 * Applies a `Range` field to a representation.
 * @param value the field value
 * @param length the representation's length in bytes
 * @returns the ranges that are satisfiable, in the order asked for, neither sorted nor joined; `unsatisfiable`
 * where none is (answer 416); `ignore` where the field is to be treated as absent (RFC9110§14.2)
 */
export function resolveByteRanges(value: string, length: number): ByteRange[] | 'unsatisfiable' | 'ignore' {
  const specs = parseByteRanges(value);
  if (specs === undefined) return 'ignore';
  const ranges: ByteRange[] = [];
  for (const spec of specs) {
    // A suffix of nothing is satisfiable, yet no Content-Range can name zero bytes: the whole, empty, is sent.
    if (length === 0 && 'suffix' in spec && spec.suffix > 0) return 'ignore';
    const range = resolveRange(spec, length);
    if (range !== undefined) ranges.push(range);
  }
  return ranges.length === 0 ? 'unsatisfiable' : ranges;
}

function resolveRange(spec: ByteRangeSpec, length: number): ByteRange | undefined {
  if ('suffix' in spec) {
    return spec.suffix === 0 ? undefined : { start: Math.max(0, length - spec.suffix), end: length };
  }
  if (spec.first >= length) return undefined;
  return { start: spec.first, end: Math.min(length, (spec.last ?? Number.POSITIVE_INFINITY) + 1) };
}

/**
 * Joins ranges that overlap, touch, or lie so close that the head of a part between them would be longer than the gap
 * (RFC9110§15.3.7.2).
 * @param ranges not empty, in the order asked for
 * @param gap the most bytes between two that are joined
 * @returns in the order asked for where none were joined, ascending otherwise
 */
export function joinByteRanges(ranges: readonly ByteRange[], gap: number): readonly ByteRange[] {
  const joined: ByteRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last === undefined || range.start > last.end + gap) joined.push(range);
    else joined[joined.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
  }
  return joined.length === ranges.length ? ranges : joined;
}

/**
 * Writes `Content-Range` for a 206 (RFC9110§14.4).
 * @param length the length of the whole representation in bytes
 */
export function formatContentRange(range: ByteRange, length: number): string {
  return `bytes ${range.start}-${range.end - 1}/${length}`;
}

/**
 * Writes `Content-Range` for a 416 (RFC9110§15.5.17).
 * @param length the length of the whole representation in bytes
 */
export function formatUnsatisfiedRange(length: number): string {
  return `bytes */${length}`;
}
