import { forbidsContent } from '#semantics/status.ts';
import { declaredLength, type ReplyHead } from './reply-head.ts';
import type { RequestHead } from './request-head.ts';

/** How the end of a reply's body is marked (RFC9112§6.3). */
export type ReplyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' };

const NO_CONTENT: ReplyFraming = { kind: 'none' };
const CHUNKED: ReplyFraming = { kind: 'chunked' };
const UNTIL_CLOSE: ReplyFraming = { kind: 'until-close' };

/** The one status that may have no content and still needs a length, or its end would not be known (RFC9110§15.3.6). */
const RESET_CONTENT = 205;

/**
 * Decides how the end of a reply is marked, by request and status (RFC9112§6.3): a peer that decides otherwise reads
 * content as the next reply. CONNECT, whose 2xx has no end, is never answered with one.
 * @param request what is answered
 * @param status of the answer
 * @param length of its content, in bytes; `undefined` where it is not known
 */
export function decideReplyFraming(
  request: RequestHead,
  status: number,
  length: number | undefined,
): ReplyFraming {
  // Steps 1 and 2.
  if (forbidsContent(status) || status === RESET_CONTENT || request.method === 'HEAD') return NO_CONTENT;
  if (length !== undefined) return { kind: 'length', length };
  // RFC9112§6.1: no transfer coding to a peer that may not know it.
  return request.minorVersion >= 1 ? CHUNKED : UNTIL_CLOSE;
}

/**
 * The field line that tells the framing, with its CRLF, or nothing.
 * @param framing as decided
 * @param head of the reply
 * @param length of content in hand, in bytes
 * @throws {ReplyError} for a declared length that is none
 */
export function formatFramingField(
  framing: ReplyFraming,
  head: ReplyHead,
  length: number | undefined,
): string {
  switch (framing.kind) {
    case 'length':
      return `content-length: ${framing.length}\r\n`;
    case 'chunked':
      return 'transfer-encoding: chunked\r\n';
    case 'until-close':
      return '';
    case 'none':
      return lengthWithoutContent(head, length);
  }
}

/**
 * RFC9110§8.6: none with 204; zero with 205, which is framed like others; with 304 the length that the fields declare;
 * with HEAD the one that the answer to a GET would have, where it is known.
 */
function lengthWithoutContent({ status, fields }: ReplyHead, length: number | undefined): string {
  if (status === 204) return '';
  if (status === RESET_CONTENT) return 'content-length: 0\r\n';
  const declared = declaredLength(fields);
  // Content in hand has its true length. Where none is in hand a framework may have left it out for HEAD.
  const known = status === 304 ? declared : length || (declared ?? length);
  return known === undefined ? '' : `content-length: ${known}\r\n`;
}
