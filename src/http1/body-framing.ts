import { equalsIgnoringCase } from './char-class.ts';
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
 */
export function decideBodyFraming(head: RequestHead): BodyFraming | RejectionCode {
  let lengthLine = -1;
  let codingLine = -1;
  for (let line = 0; line < head.fields.count; line += 1) {
    if (head.isNamed(line, 'content-length')) {
      if (lengthLine >= 0) return 'length-repeated';
      lengthLine = line;
    } else if (head.isNamed(line, 'transfer-encoding')) {
      if (codingLine >= 0) return 'coding-repeated';
      codingLine = line;
    }
  }
  // Step 3: both fields. The RFC lets Transfer-Encoding win; an attacker counts on somebody who decides otherwise.
  if (codingLine >= 0 && lengthLine >= 0) return 'coding-with-length';
  // Step 4: a transfer coding.
  if (codingLine >= 0) return decideCoding(head, codingLine);
  // Steps 5 and 6: a length, valid or not.
  if (lengthLine >= 0) return decideLength(head, lengthLine);
  // Step 7: a request without either has no body.
  return NO_BODY;
}

/** chunked behind other codings: well framed, but not ours to decode. Anything else has no certain end. */
const FINALLY_CHUNKED = /^(?:(?!chunked[ \t]*,)[!#$%&'*+.^_`|~0-9a-z-]+[ \t]*,[ \t]*)+chunked$/i;

function decideCoding(head: RequestHead, line: number): BodyFraming | RejectionCode {
  if (head.minorVersion === 0) return 'coding-on-1.0';
  const { bytes, base, fields } = head;
  const start = base + (fields.offsets[line * 4 + 2] as number);
  const end = base + (fields.offsets[line * 4 + 3] as number);
  if (equalsIgnoringCase(bytes, start, end, 'chunked')) return CHUNKED;
  return FINALLY_CHUNKED.test(head.value(line)) ? 'coding-unknown' : 'coding-not-chunked';
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
