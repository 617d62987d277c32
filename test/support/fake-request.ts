import { BodyError, type IncomingBody, type IncomingRequest } from '#exchange/incoming-request.ts';

/** What a {@link fakeRequest} is made of; everything has a default. */
export interface FakeRequestParts {
  readonly method?: string;
  /** Path and query, percent-encoded; also the request target. */
  readonly path?: string;
  /** Field lines; names in any case, an array for several lines of one name. */
  readonly fields?: Readonly<Record<string, string | readonly string[]>>;
  /** The content: one chunk, or chunks of unknown length. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  readonly authority?: string;
  readonly scheme?: 'http' | 'https';
  readonly minorVersion?: number;
}

/** A request made by hand, whose peer can be made to leave. */
export interface FakeRequest extends IncomingRequest {
  /** Ends the exchange early: calls what `onAbort` was given, once. */
  abort(reason: Error): void;
  /** Calls what `onDrain` was given. */
  drain(): void;
}

/**
 * A request as a connection would hand it over, without one.
 * @param parts what it differs in from `GET / HTTP/1.1` at `heddle.test` without content
 */
export function fakeRequest(parts: FakeRequestParts = {}): FakeRequest {
  const lines = Object.entries(parts.fields ?? {}).flatMap(([name, value]) =>
    [value].flat().map((line) => [name, line] as const),
  );
  const listeners: ((reason: Error) => void)[] = [];
  const drainListeners: (() => void)[] = [];
  let aborted: Error | undefined;
  const path = parts.path ?? '/';
  return {
    method: parts.method ?? 'GET',
    target: path,
    path,
    authority: parts.authority ?? 'heddle.test',
    scheme: parts.scheme ?? 'http',
    minorVersion: parts.minorVersion ?? 1,
    field(name) {
      const values = lines.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
      return values.length === 0 ? undefined : values.join(', ');
    },
    fieldLines: () => lines.flat(),
    body: parts.body === undefined ? undefined : fakeBody(parts.body),
    remoteAddress: '192.0.2.1',
    remotePort: 50_000,
    id: undefined,
    get hasTimedOut() {
      return aborted?.name === 'TimeoutError';
    },
    onAbort(listener) {
      if (aborted === undefined) listeners.push(listener);
      else listener(aborted);
    },
    onDrain: (listener) => void drainListeners.push(listener),
    drain() {
      for (const listener of drainListeners.splice(0)) listener();
    },
    abort(reason) {
      if (aborted !== undefined) return;
      aborted = reason;
      for (const listener of listeners.splice(0)) listener(reason);
    },
  };
}

function fakeBody(content: string | Uint8Array | AsyncIterable<Uint8Array>): IncomingBody {
  const whole = typeof content === 'string' ? Buffer.from(content) : content;
  const isWhole = whole instanceof Uint8Array;
  let isUsed = false;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    if (isUsed) throw new BodyError('body-used', 'The content was read before.');
    isUsed = true;
    if (!isWhole) yield* whole;
    else if (whole.length > 0) yield whole;
  }
  return {
    length: isWhole ? whole.length : undefined,
    trailers: [],
    claim: () => undefined,
    [Symbol.asyncIterator]: chunks,
    async collect(limit) {
      const parts: Uint8Array[] = [];
      let length = 0;
      for await (const chunk of chunks()) {
        length += chunk.length;
        if (length > limit)
          throw new BodyError('body-too-large', `${length} bytes, at most ${limit} are taken.`);
        parts.push(chunk);
      }
      return Buffer.concat(parts);
    },
  };
}
