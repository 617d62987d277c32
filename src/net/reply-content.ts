import { isFileBody, type Reply, type ReplyBody } from '#exchange/reply.ts';
import type { ServerProtocol } from '#http1/server-protocol.ts';
import { cancelContent, type ReplyWriter } from './reply-writer.ts';

/** Content that leaves in one write with its head. */
export type WholeContent = undefined | string | Uint8Array;

/** Content that leaves in parts, as the peer reads. */
export type StreamedContent = Exclude<ReplyBody, undefined>;

/** Content in memory up to this size leaves in one write with its head. */
const WHOLE_REPLY_BYTES = 65_536;
/** So does content up to this one where head and content were joined before: no larger than a part would be. */
const MEMO_REPLY_BYTES = 262_144;

/**
 * Tells content to send with its head from content to send in parts.
 * @param body of a reply
 * @param isGivenAgain whether the reply is, and so has a memo
 */
export function isSentWhole(body: ReplyBody, isGivenAgain = false): body is WholeContent {
  if (body === undefined) return true;
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return false;
  // One write of many megabytes would show no progress until its end, and a slow reader would count as stalled.
  return body.length <= (isGivenAgain ? MEMO_REPLY_BYTES : WHOLE_REPLY_BYTES);
}

/**
 * The reply with the length of its content among its fields, where that is known. A length that the handler declared
 * is held to for an iterable alone: of anything else the true length is known before the head leaves.
 * @param reply whose content is sent in parts
 * @param body that content
 */
export function withLength(reply: Reply, body: StreamedContent): Reply {
  const length = knownLength(body);
  if (length === undefined) return reply;
  const others = reply.fields.filter((_, at) => reply.fields[at - (at % 2)] !== 'content-length');
  return { ...reply, fields: [...others, 'content-length', String(length)] };
}

function knownLength(body: StreamedContent): number | undefined {
  if (typeof body === 'string') return Buffer.byteLength(body);
  if (body instanceof Uint8Array) return body.length;
  return isFileBody(body) ? body.end - body.start : undefined;
}

/**
 * Whether an answer is a stream of events without a length. One may end anywhere: its reader throws half an event away,
 * and connects anew (HTML Standard, 9.2.6).
 * @param reply whose content is sent in parts
 */
export function isEventStream({ fields, body }: Reply): boolean {
  if (
    typeof body !== 'object' ||
    knownLength(body) !== undefined ||
    fieldOf(fields, 'content-length') !== undefined
  ) {
    return false;
  }
  return /^text\/event-stream[ \t]*(?:;|$)/i.test(fieldOf(fields, 'content-type') ?? '');
}

function fieldOf(fields: readonly string[], name: string): string | undefined {
  const at = fields.findIndex((field, index) => index % 2 === 0 && field === name);
  return at < 0 ? undefined : fields[at + 1];
}

/**
 * Sends content in parts, its end, and the trailers behind it; a file is released whatever happens.
 * @param trailers makes them, where there are any
 * @throws see {@link ReplyWriter}, and what `trailers` throws
 */
export async function sendContent(
  body: StreamedContent,
  trailers: Reply['trailers'],
  writer: ReplyWriter,
  protocol: ServerProtocol,
): Promise<void> {
  await sendParts(body, writer, protocol);
  await writer.sendEnd(protocol.sendEnd(trailers?.()));
}

async function sendParts(
  body: StreamedContent,
  writer: ReplyWriter,
  protocol: ServerProtocol,
): Promise<void> {
  if (typeof body === 'string') return writer.sendBytes(Buffer.from(body), protocol);
  if (body instanceof Uint8Array) return writer.sendBytes(body, protocol);
  if (!isFileBody(body)) return writer.sendIterable(body, protocol);
  try {
    await writer.sendFile(body, protocol);
  } finally {
    body.release();
  }
}

/**
 * Lets go of content that will not be sent.
 * @param body of a reply
 */
export function releaseContent(body: ReplyBody): void {
  if (typeof body !== 'object' || body instanceof Uint8Array) return;
  if (isFileBody(body)) {
    body.release();
    return;
  }
  try {
    cancelContent(body[Symbol.asyncIterator]());
  } catch {
    // A source that cannot be opened holds nothing that could be let go.
  }
}
