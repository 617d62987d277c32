import { errorReply } from '#exchange/error-reply.ts';
import type { Reply } from '#exchange/reply.ts';
import {
  type ByteRange,
  formatContentRange,
  formatUnsatisfiedRange,
  joinByteRanges,
  resolveByteRanges,
} from '#semantics/byte-range.ts';
import {
  type ConditionalRequest,
  evaluatePreconditions,
  type PreconditionOutcome,
  type Validators,
} from '#semantics/conditional.ts';
import type { ContentCoding } from '#semantics/content-coding.ts';
import { formatEntityTag } from '#semantics/entity-tag.ts';
import { formatHttpDate } from '#semantics/http-date.ts';
import { REVALIDATE } from './cache-control.ts';
import { KeptFile } from './file-cache.ts';
import type { FileTraits } from './file-traits.ts';
import { MultipartRanges, PART_HEAD_BYTES } from './multipart-ranges.ts';
import type { FileSource, FileVersion } from './open-file.ts';
import type { ReadyReplies } from './ready-replies.ts';
import { factsOf, isSteady, type VersionFacts } from './version-facts.ts';

/** A file, and as what it answers. */
export interface Representation {
  /** Open; it stays the caller's unless the reply's body is a `FileBody` or an iterable. */
  readonly file: FileSource;
  /** Its path below the root. */
  readonly relativePath: string;
  /** What is said of it by that path. */
  readonly traits: FileTraits;
  /** Its own path, where the one asked for is another (RFC9110§8.7). */
  readonly contentLocation?: string | undefined;
  /** What it is coded in; a file is what its name says where this is `undefined` (RFC9110§8.4). */
  readonly coding?: ContentCoding | undefined;
  /** Which fields of the request the choice hung on, as `Vary` has them; empty for none (RFC9110§12.5.5). */
  readonly vary: string;
}

/**
 * Answers GET or HEAD with a file: 200, or what its preconditions and `Range` ask for (RFC9110§13, RFC9110§14).
 * @param request a GET or HEAD request
 * @param representation what to answer with
 * @param nowMs the present moment, milliseconds since 1970
 * @param ready where answers from memory are kept to be given again
 */
export function fileReply(
  request: ConditionalRequest,
  representation: Representation,
  nowMs: number,
  ready?: ReadyReplies,
): Reply {
  const { file } = representation;
  const isKept = file instanceof KeptFile;
  const facts = isKept ? file.facts : factsOf(file.version);
  const validators = validatorsAt(facts, nowMs);
  const outcome = evaluatePreconditions(request, validators);
  const status = outcome === 'not-modified' ? 304 : outcome === 'whole' && request.method === 'GET' ? 200 : 0;
  if (ready === undefined || !isKept || status === 0 || !isSteady(facts, nowMs))
    return newReply(request, representation, validators, outcome);
  const { traits, contentLocation, vary } = representation;
  const key = { status, traits, contentLocation, vary };
  return (
    ready.find(file, key) ?? ready.keep(file, key, newReply(request, representation, validators, outcome))
  );
}

function newReply(
  request: ConditionalRequest,
  representation: Representation,
  validators: Validators,
  outcome: PreconditionOutcome,
): Reply {
  const { file, traits, coding } = representation;
  if (outcome === 'precondition-failed') return errorReply(412, traits.fields);
  // What a 304 repeats of the 200: no date beside a tag (RFC9110§15.4.5).
  const fields = repeatedFields(representation, validators);
  if (outcome === 'not-modified') return { status: 304, fields, body: undefined };
  fields.push(...lastModifiedFields(validators));
  fields.push('accept-ranges', 'bytes', 'content-type', traits.mediaType);
  if (coding !== undefined) fields.push('content-encoding', coding);
  if (outcome === 'range') {
    const ranges = resolveByteRanges(request.field('range') ?? '', file.length);
    if (ranges === 'unsatisfiable') return unsatisfiableReply(file.length, traits);
    if (ranges !== 'ignore') return partsReply(file, fields, joinByteRanges(ranges, PART_HEAD_BYTES));
  }
  return wholeReply(request, file, 200, fields);
}

/**
 * Whether the client has one state of a file already: then nothing of it is needed.
 * @param request a GET or HEAD request
 * @param version the state
 * @param nowMs the present moment, milliseconds since 1970
 */
export function isNotModified(request: ConditionalRequest, version: FileVersion, nowMs: number): boolean {
  return evaluatePreconditions(request, validatorsAt(factsOf(version), nowMs)) === 'not-modified';
}

/**
 * Sends a file as the page of an error: no validators, no ranges, since it is not what was asked for.
 * @param request a request with any method
 * @param file open, as in a {@link Representation}
 * @param mediaType of the page
 * @param status an error status
 * @param more further fields, flat
 */
export function errorPageReply(
  request: ConditionalRequest,
  file: FileSource,
  mediaType: string,
  status: number,
  more: readonly string[] = [],
): Reply {
  const fields = ['cache-control', REVALIDATE, 'content-type', mediaType, ...more];
  return wholeReply(request, file, status, fields);
}

/**
 * The answer where a file cannot be served just now: no descriptor left, or it is being rewritten (RFC9110§15.6.4).
 * @param more further fields, flat
 */
export function busyReply(more: readonly string[] = []): Reply {
  return errorReply(503, ['retry-after', '1', ...more]);
}

function wholeReply(request: ConditionalRequest, file: FileSource, status: number, fields: string[]): Reply {
  fields.push('content-length', `${file.length}`);
  if (request.method === 'HEAD') return { status, fields, body: undefined };
  const body = file.content(0, file.length);
  return body === undefined ? busyReply() : { status, fields, body };
}

function partsReply(file: FileSource, fields: string[], ranges: readonly ByteRange[]): Reply {
  const [range] = ranges;
  if (range !== undefined && ranges.length === 1) return partReply(file, fields, range);
  const typeAt = fields.indexOf('content-type') + 1;
  const parts = new MultipartRanges(file, ranges, fields[typeAt] ?? '');
  fields[typeAt] = parts.mediaType;
  fields.push('content-length', `${parts.length}`);
  return { status: 206, fields, body: parts };
}

function partReply(file: FileSource, fields: string[], range: ByteRange): Reply {
  fields.push('content-range', formatContentRange(range, file.length));
  fields.push('content-length', `${range.end - range.start}`);
  const body = file.content(range.start, range.end);
  return body === undefined ? busyReply() : { status: 206, fields, body };
}

function unsatisfiableReply(size: number, { fields }: FileTraits): Reply {
  return errorReply(416, [
    'content-range',
    formatUnsatisfiedRange(size),
    'accept-ranges',
    'bytes',
    ...fields,
  ]);
}

function repeatedFields(representation: Representation, { entityTag }: Validators): string[] {
  const { traits, contentLocation, vary } = representation;
  const fields = ['cache-control', traits.cacheControl, ...traits.fields];
  if (entityTag !== undefined) fields.push('etag', formatEntityTag(entityTag));
  if (contentLocation !== undefined) fields.push('content-location', contentLocation);
  if (vary !== '') fields.push('vary', vary);
  return fields;
}

/**
 * `Last-Modified` must not be later than `Date` (RFC9110§8.8.2.1), and the connection reads its clock once for all
 * requests that came together: a file of the present second brings its `Date` along.
 */
function lastModifiedFields({ lastModifiedMs, nowMs }: Validators): string[] {
  if (lastModifiedMs === undefined) return [];
  const date = formatHttpDate(lastModifiedMs);
  return nowMs - lastModifiedMs < 1000 ? ['last-modified', date, 'date', date] : ['last-modified', date];
}

/** What holds of a state at this moment. */
function validatorsAt({ opaque, strongFromMs, mtimeMs }: VersionFacts, nowMs: number): Validators {
  // A time to come is sent as the present one (RFC9110§8.8.2.1); no HTTP-date is needed for times before 1970.
  const lastModifiedMs = Math.max(0, Math.min(mtimeMs, nowMs));
  return {
    entityTag: { weak: nowMs < strongFromMs, opaque },
    lastModifiedMs: lastModifiedMs - (lastModifiedMs % 1000),
    nowMs,
  };
}
