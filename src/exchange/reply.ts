/**
 * Part of an open file to send as content. Whoever sends it calls `release()` exactly once when it is done with
 * the descriptor, sent whole or not.
 */
export interface FileBody {
  /** An open, readable file descriptor. */
  readonly fd: number;
  /** The first byte to send. */
  readonly start: number;
  /** One past the last byte to send. */
  readonly end: number;
  /**
   * Whether what the descriptor gives is still what it gave when it was opened; asked when all has been read. Where it
   * says no, what was sent is a mixture of two states, and the connection is cut before its end.
   * @default it is
   */
  isUnchanged?(): boolean;
  /** Gives the descriptor back to its owner. */
  release(): void;
}

/**
 * The content of an answer. A string is sent as UTF-8. An iterable's length is unknown unless the reply has a
 * `content-length` field; then that length is held to.
 */
export type ReplyBody = undefined | string | Uint8Array | AsyncIterable<Uint8Array> | FileBody;

/**
 * What whoever writes a reply keeps of it, where the handler gives the same object again and again: the message as it went
 * out, and what it hung on beside the reply. The handler makes it empty, and leaves it alone.
 */
export class ReplyMemo {
  /** One thing to write; `undefined` before the first time. */
  message: string | Uint8Array | undefined;
  /** The fields that are in it. Other ones, as whoever adds some to a reply makes, are another message. */
  fields: readonly string[] | undefined;
  /** The content that is in it. */
  body: unknown;
  /** The `Date` in it. */
  date = '';
  /** Its field lines about the connection. */
  connection = '';
  /** How the end of its content is marked. */
  framing = '';
}

/** An answer: status, fields, content. The connection adds framing, `Date` and `Connection`. */
export interface Reply {
  /** The status code, 200 to 599 (RFC9110§15). */
  readonly status: number;
  /** The fields, flat: name, value, name, value; names in lower case. Framing fields other than `content-length` are not the handler's. */
  readonly fields: readonly string[];
  /** The content; ignored where method or status forbid it (RFC9110§6.4.1). */
  readonly body: ReplyBody;
  /**
   * Makes the trailer fields, flat, names in lower case; called at the end of the content. Not called where the client
   * takes no trailers (RFC9110§6.5.1); not sent where the fields above have a `content-length`.
   */
  readonly trailers?: () => readonly string[];
  /** For a reply that is given again, none of it changed: it may be sent from memory, and its content in one write. */
  readonly memo?: ReplyMemo;
}

/**
 * Tells a file to send from an iterable to send.
 * @param body the content of a reply
 */
export function isFileBody(body: ReplyBody): body is FileBody {
  return typeof body === 'object' && 'fd' in body;
}
