import {
  type EntityTag,
  matchesStrongly,
  matchesWeakly,
  parseEntityTag,
  parseEntityTagList,
} from './entity-tag.ts';
import { parseHttpDate } from './http-date.ts';

/** The part of a request that preconditions are in. */
export interface ConditionalRequest {
  /** The method, as sent. */
  readonly method: string;
  /** The combined value of a field by its name in lower case; `undefined` where absent. */
  field(name: string): string | undefined;
}

/** What the selected representation is known by at this moment. */
export interface Validators {
  /** Its entity tag, if it has one. */
  readonly entityTag: EntityTag | undefined;
  /** Its `Last-Modified` in milliseconds since 1970, a whole second; `undefined` if unknown. */
  readonly lastModifiedMs: number | undefined;
  /** The moment of the answer in milliseconds since 1970: a date is strong only once it is past (RFC9110§8.8.2.2). */
  readonly nowMs: number;
}

/**
 * What a request's preconditions ask for.
 *
 * - `precondition-failed`: answer 412, do nothing.
 * - `not-modified`: answer 304.
 * - `whole`: perform the method; a `Range` field, if any, is to be ignored.
 * - `range`: perform it; there is a `Range` field and it may be honoured.
 */
export type PreconditionOutcome = 'precondition-failed' | 'not-modified' | 'whole' | 'range';

/**
 * Decides the preconditions of a request whose answer would otherwise be 2xx, in the order of RFC9110§13.2.2;
 * the numbers in the body are those of its steps. A date that is no HTTP-date is ignored, as the RFC says; a list
 * of tags that cannot be read matches nothing, so that a broken `If-Match` never lets a change through.
 * @param request the request; a redirect or an error is answered without asking here (RFC9110§13.2.1)
 * @param current the selected representation; `undefined` where there is none
 */
export function evaluatePreconditions(
  request: ConditionalRequest,
  current: Validators | undefined,
): PreconditionOutcome {
  const reads = request.method === 'GET' || request.method === 'HEAD';
  const ifMatch = request.field('if-match');
  if (ifMatch !== undefined) {
    if (!ifMatchHolds(ifMatch, current)) return 'precondition-failed'; // 1
  } else {
    const ifUnmodifiedSince = request.field('if-unmodified-since');
    if (ifUnmodifiedSince !== undefined && !ifUnmodifiedSinceHolds(ifUnmodifiedSince, current)) {
      return 'precondition-failed'; // 2
    }
  }
  const ifNoneMatch = request.field('if-none-match');
  if (ifNoneMatch !== undefined) {
    if (!ifNoneMatchHolds(ifNoneMatch, current)) return reads ? 'not-modified' : 'precondition-failed'; // 3
  } else if (reads) {
    const ifModifiedSince = request.field('if-modified-since');
    if (ifModifiedSince !== undefined && !ifModifiedSinceHolds(ifModifiedSince, current))
      return 'not-modified'; // 4
  }
  if (request.method !== 'GET' || request.field('range') === undefined) return 'whole'; // RFC9110§14.2
  const ifRange = request.field('if-range');
  return ifRange === undefined || ifRangeHolds(ifRange, current) ? 'range' : 'whole'; // 5, 6
}

/** RFC9110§13.1.1, by strong comparison: a weak tag does not protect against a lost update. */
function ifMatchHolds(value: string, current: Validators | undefined): boolean {
  const list = parseEntityTagList(value);
  if (list === '*') return current !== undefined;
  const tag = current?.entityTag;
  if (tag === undefined || list === undefined) return false;
  return list.some((listed) => matchesStrongly(listed, tag));
}

/** RFC9110§13.1.4. */
function ifUnmodifiedSinceHolds(value: string, current: Validators | undefined): boolean {
  if (current?.lastModifiedMs === undefined) return true;
  const date = parseHttpDate(value, current.nowMs);
  return date === undefined || current.lastModifiedMs <= date;
}

/** RFC9110§13.1.2, by weak comparison. */
function ifNoneMatchHolds(value: string, current: Validators | undefined): boolean {
  const list = parseEntityTagList(value);
  if (list === '*') return current === undefined;
  const tag = current?.entityTag;
  return tag === undefined || list === undefined || !list.some((listed) => matchesWeakly(listed, tag));
}

/** RFC9110§13.1.3. */
function ifModifiedSinceHolds(value: string, current: Validators | undefined): boolean {
  if (current?.lastModifiedMs === undefined) return true;
  const date = parseHttpDate(value, current.nowMs);
  return date === undefined || current.lastModifiedMs > date;
}

/**
 * RFC9110§13.1.5: a tag by strong comparison; a date by exact match, and only where it is a strong validator,
 * at least one second past (RFC9110§8.8.2.2). Otherwise a client would join halves of two versions.
 */
function ifRangeHolds(value: string, current: Validators | undefined): boolean {
  if (current === undefined) return false;
  const tag = parseEntityTag(value);
  if (tag !== undefined) return current.entityTag !== undefined && matchesStrongly(tag, current.entityTag);
  const date = parseHttpDate(value, current.nowMs);
  return date !== undefined && date === current.lastModifiedMs && date <= current.nowMs - 1000;
}
