import { listMembers } from '#semantics/headers.ts';
import { ABSENT, type KnownLines, REPEATED } from './known-lines.ts';
import type { RejectionCode } from './rejection.ts';
import { type BodyFraming, NO_BODY, type RequestHead } from './request-head.ts';

const CHUNKED: BodyFraming = { kind: 'chunked' };

/** Fifteen digits stay below 2^53, so a length is always an exact number. */
const MAX_LENGTH_DIGITS = 15;

/**
 * Decides how a request's body is delimited, by the steps of RFC9112§6.3 that concern requests. This is where
 * request smuggling is decided: two servers that disagree here read different requests from the same bytes. So a
 * message with two readings is refused, even where the RFC would allow it to be repaired.
 * @param head a head whose fields were read
 * @param known which of its lines are about framing
 */
export function decideBodyFraming(head: RequestHead, known: KnownLines): BodyFraming | RejectionCode {
  const { contentLength, transferEncoding } = known;
  if (contentLength === REPEATED) return 'length-repeated';
  if (transferEncoding === REPEATED) return 'coding-repeated';
  // Step 3: both fields. The RFC lets Transfer-Encoding win; an attacker counts on somebody who decides otherwise.
  if (transferEncoding !== ABSENT && contentLength !== ABSENT) return 'coding-with-length';
  // Step 4: a transfer coding.
  if (transferEncoding !== ABSENT) return decideCoding(head, transferEncoding);
  // Steps 5 and 6: a length, valid or not.
  if (contentLength !== ABSENT) return decideLength(head, contentLength);
  // Step 7: a request without either has no body.
  return NO_BODY;
}

function decideCoding(head: RequestHead, line: number): BodyFraming | RejectionCode {
  if (head.minorVersion === 0) return 'coding-on-1.0';
  if (head.hasValue(line, 'chunked')) return CHUNKED;
  return isFinallyChunked(listMembers(head.value(line))) ? 'coding-unknown' : 'coding-not-chunked';
}

/** `transfer-coding = token *( OWS ";" OWS transfer-parameter )` (RFC9110§10.1.4) */
const TRANSFER_CODING = /^[!#$%&'*+.^_`|~0-9a-z-]+(?:[ \t]*;.*)?$/i;

/** Whether chunked stands once and last behind other codings: well framed, but not ours to decode. */
function isFinallyChunked(codings: readonly string[]): boolean {
  const others = codings.slice(0, -1);
  return (
    codings.at(-1)?.toLowerCase() === 'chunked' &&
    others.length > 0 &&
    others.every((coding) => TRANSFER_CODING.test(coding) && coding.toLowerCase() !== 'chunked')
  );
}

/** `Content-Length = 1*DIGIT` (RFC9110§8.6): no sign, no list, no whitespace inside, however equal its parts. */
function decideLength(head: RequestHead, line: number): BodyFraming | RejectionCode {
  const { bytes, base, fields } = head;
  const start = base + (fields.offsets[line * 4 + 2] as number);
  const end = base + (fields.offsets[line * 4 + 3] as number);
  if (start === end) return 'length-invalid';
  let length = 0;
  for (let index = start; index < end; index += 1) {
    const digit = (bytes[index] as number) - 0x30;
    if (digit < 0 || digit > 9) return 'length-invalid';
    length = length * 10 + digit;
  }
  if (end - start > MAX_LENGTH_DIGITS) return 'length-too-large';
  return { kind: 'length', length };
}
