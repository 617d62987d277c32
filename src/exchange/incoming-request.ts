/**
 * A request as a handler sees it: what the peer asked for, decoded only where it is asked.
 *
 * The connection's own request object satisfies this interface, so nothing is copied on the way to a handler.
 */
export interface IncomingRequest {
  /** The method, case-sensitive, as sent (RFC9110§9.1). */
  readonly method: string;
  /** The request target exactly as it stood in the request line (RFC9112§3.2). */
  readonly target: string;
  /**
   * Path and query of the target in origin-form, still percent-encoded, always starting with `/`; `*` for the
   * asterisk-form (RFC9112§3.2.4).
   */
  readonly path: string;
  /** The checked authority the request is for, `host[:port]`; empty where an HTTP/1.0 client named none. */
  readonly authority: string;
  /** The scheme the connection was made with. */
  readonly scheme: 'http' | 'https';
  /** The minor version of HTTP/1.x; 0 for HTTP/1.0, 1 and above for HTTP/1.1. */
  readonly minorVersion: number;
  /**
   * The combined value of a field: its lines joined by `, ` (RFC9110§5.3).
   * @param name the field name in lower case
   * @returns `undefined` where the field is absent
   */
  field(name: string): string | undefined;
  /** All field lines in the order received, flat: name, value, name, value; names as sent, values trimmed. */
  fieldLines(): string[];
  /** The content; `undefined` where the request has none (RFC9112§6.3). */
  readonly body: IncomingBody | undefined;
  /** The peer's address; empty for a Unix domain socket. */
  readonly remoteAddress: string;
  /** The peer's port; 0 for a Unix domain socket. */
  readonly remotePort: number;
  /** What it is called in logs, from when somebody has given it a name on. */
  id: string | undefined;
  /**
   * Calls `listener` once if the exchange ends before its answer was written whole (the peer left, a deadline
   * passed, the server was stopped). At once, where that has already happened. Where it is the deadline for the
   * answer, the reason is the platform's own for that: a `DOMException` named `TimeoutError`.
   */
  onAbort(listener: (reason: Error) => void): void;
  /**
   * Calls `listener` once if the server begins to end its connections before the answer was written whole: it waits for
   * answers, but not for ever. At once, where it has begun already.
   */
  onDrain(listener: () => void): void;
  /**
   * Whether the deadline for the answer passed before any of it was written. The peer has its answer then: what the
   * handler still gives or throws has nowhere to go, and is no failure.
   */
  readonly hasTimedOut: boolean;
}

/**
 * The content of a request while it arrives. It has one reader: either {@link IncomingBody.collect} or the
 * iterator, once. Reading it is what makes the connection read on, so an unread body holds its sender back.
 */
export interface IncomingBody extends AsyncIterable<Uint8Array> {
  /** The length the peer declared, in bytes; `undefined` for a chunked body (RFC9112§6.2). */
  readonly length: number | undefined;
  /**
   * The trailer fields, flat: name, value; complete once the content was read to its end, empty before. Those that
   * frame, route or authorize a message are not among them (RFC9110§6.5.1).
   */
  readonly trailers: readonly string[];
  /** Tells that somebody holds the content and may read it later, behind the answer's head too, as an echo does. */
  claim(): void;
  /**
   * Reads all of it.
   * @param limit the most bytes to take
   * @throws {BodyError} `body-too-large` over the limit, `body-incomplete` where the peer ended it early
   */
  collect(limit: number): Promise<Uint8Array>;
}

/** Why a request's content could not be read whole; `code` is stable. */
export class BodyError extends Error {
  override readonly name = 'BodyError';
  /** `body-too-large`: more than the reader takes. `body-incomplete`: the peer ended it early or broke its framing. */
  readonly code: 'body-too-large' | 'body-incomplete' | 'body-used';

  /**
   * @param code the stable code
   * @param message what happened, with figures
   */
  constructor(code: BodyError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
