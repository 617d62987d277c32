import { randomBytes } from 'node:crypto';
import type { LoggedRequest } from '#exchange/exchange-log.ts';
import type { Forwarding } from './forwarding.ts';

/** What a proxy may call a request: nothing that ends a line, a word or a quotation. */
const WELL_FORMED = /^[\w.:/+=@~-]{1,128}$/;

/** Gives the requests of one thread their names in logs, each once. */
export class RequestIds {
  readonly #forwarding: Forwarding;
  /** Tells the requests of this thread from those of all others, also those of other processes and times. */
  readonly #prefix = `${randomBytes(6).toString('base64url')}-`;
  #count = 0;

  /** @param forwarding which proxies are trusted */
  constructor(forwarding: Forwarding) {
    this.#forwarding = forwarding;
  }

  /** What a request is called: as a trusted proxy calls it, or a new name. */
  of(request: LoggedRequest): string {
    if (request.id === undefined) {
      this.#count += 1;
      request.id = this.#given(request) ?? this.#prefix + this.#count.toString(36);
    }
    return request.id;
  }

  #given(request: LoggedRequest): string | undefined {
    if (!this.#forwarding.trusts(request)) return undefined;
    const id = request.field('x-request-id');
    return id !== undefined && WELL_FORMED.test(id) ? id : undefined;
  }
}
