import { HeddleError } from '#observe/heddle-error.ts';
import { reasonPhrase } from '#semantics/status.ts';

/**
 * A fault of the client that shows only when the app reads the request. An app that lets it escape answers with its
 * status. `status`, `statusCode` and `getResponse()` are where frameworks that catch all errors look for an error's
 * own status; without them they would make it a 500.
 */
export abstract class RequestFault extends HeddleError {
  /** The status to answer with, 400 to 499. */
  abstract readonly status: number;

  /** The same, under the name other frameworks read. */
  get statusCode(): number {
    return this.status;
  }

  /** The answer this error stands for. */
  getResponse(): Response {
    return new Response(`${this.status} ${reasonPhrase(this.status)}\n`, { status: this.status });
  }
}

/**
 * The Host of a request is a name by its grammar (RFC3986§3.2.2) and none that a URL can have, such as `1.2.3.4.5` or
 * `a%00b`: `request.url` would be a text that no URL parser takes (`ERR_HEDDLE_REQUEST_HOST`).
 */
export class UnusableHostError extends RequestFault {
  override readonly status = 400;

  /** @param authority as the client sent it */
  constructor(authority: string) {
    super(
      'ERR_HEDDLE_REQUEST_HOST',
      `The client, or a proxy for it, sent the host ${JSON.stringify(authority)}, which no URL can have. It is answered with 400.`,
    );
  }
}

/** Hosts that URL parsers take as they are: names whose last label is not a number, and nothing to decode. */
const PLAIN_AUTHORITY = /^(?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*(?::\d*)?$/i;
const ENCODED_NAME = /xn--/i;

/**
 * Holds an authority to what a URL can have.
 * @param authority `host[:port]` by the grammar of RFC 3986
 * @throws {UnusableHostError}
 */
export function checkAuthority(authority: string): void {
  if (authority === lastGood) return;
  if (!PLAIN_AUTHORITY.test(authority) || ENCODED_NAME.test(authority)) {
    if (!URL.canParse(`http://${authority}/`)) throw new UnusableHostError(authority);
  }
  lastGood = authority;
}

/** A server is asked by the same name again and again; parsing `127.0.0.1:80` each time would cost 0.3 µs. */
let lastGood = '';
