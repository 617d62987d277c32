import type { ReplyFraming } from './reply-framing.ts';
import type { ReplyHead, WrittenMessage } from './reply-head.ts';

/**
 * Whether the message that was written before is the one to be written now.
 * @param memo of the reply
 * @param head of the reply
 * @param body of the reply
 * @param framing how the end of its content is marked
 * @param connection the field lines about the connection
 * @param date the value of `Date`
 */
export function holds(
  memo: WrittenMessage,
  { fields }: ReplyHead,
  body: string | Uint8Array | undefined,
  { kind }: ReplyFraming,
  connection: string,
  date: string,
): boolean {
  const isSameReply = memo.fields === fields && memo.body === body;
  return isSameReply && memo.date === date && memo.connection === connection && memo.framing === kind;
}

/**
 * A head and its content as one thing to write: a string of one byte a character (latin1), or bytes.
 * @param text the head
 * @param body the content; a string is sent as UTF-8
 * @param length of the content, in bytes
 */
export function joined(text: string, body: string | Uint8Array, length: number): string | Uint8Array {
  if (typeof body !== 'string') return joinBytes(text, body);
  // As many bytes as characters: ASCII, which is the same in latin1, so head and body leave as one string.
  return length === body.length ? text + body : joinBytes(text, Buffer.from(body));
}

function joinBytes(text: string, body: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(text.length + body.length);
  bytes.write(text, 'latin1');
  bytes.set(body, text.length);
  return bytes;
}
