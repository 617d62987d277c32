import type { IncomingRequest } from '#exchange/incoming-request.ts';
import { UnusableHostError } from '#fetch/request-fault.ts';
import type { RequestSource } from '#fetch/web-request.ts';
import { isHostAndPort } from '#http1/authority.ts';
import {
  type ForwardedClient,
  findClient,
  isTrustedPeer,
  lastValue,
  type ProxyTrust,
  parseTrustedAddresses,
} from '#semantics/forwarded.ts';
import type { Settings } from './serve-options.ts';

/** What is looked at to find who asks. */
type ForwardedRequest = Pick<IncomingRequest, 'field' | 'remoteAddress'>;

/** What a thread takes from proxies: who asks, by which scheme and for which host. Reads fields only when asked. */
export class Forwarding {
  /** Which proxies are trusted. */
  readonly trust: ProxyTrust;

  /** @param trustProxy the option */
  constructor(trustProxy: Settings['trustProxy']) {
    // A list that cannot be read was refused when the option was settled.
    this.trust =
      typeof trustProxy === 'number' ? trustProxy : (parseTrustedAddresses(String(trustProxy)) ?? 0);
  }

  /** The client's address; empty where it is a peer on a Unix domain socket. */
  addressOf(request: ForwardedRequest): string {
    return this.trusts(request) ? this.#clientOf(request).address : request.remoteAddress;
  }

  /**
   * By which scheme and for which host the client asked the first trusted proxy.
   * @throws {UnusableHostError} where that host is none
   */
  sourceOf(request: IncomingRequest): RequestSource {
    if (!this.trusts(request)) return request;
    const { element } = this.#clientOf(request);
    const proto = (element?.proto ?? lastValue(request.field('x-forwarded-proto')))?.toLowerCase();
    const host = element?.host ?? lastValue(request.field('x-forwarded-host'));
    if (host !== undefined && !isHost(host)) throw new UnusableHostError(host);
    return {
      scheme: proto === 'http' || proto === 'https' ? proto : request.scheme,
      authority: host ?? request.authority,
    };
  }

  /** Whether the peer is a trusted proxy, whose word counts. */
  trusts(request: ForwardedRequest): boolean {
    return this.trust !== 0 && isTrustedPeer(this.trust, request.remoteAddress);
  }

  #clientOf(request: ForwardedRequest): ForwardedClient {
    return findClient(this.trust, request.remoteAddress, {
      forwardedFor: request.field('x-forwarded-for'),
      forwarded: request.field('forwarded'),
    });
  }
}

/** The grammar that Host is held to when it is read; a field value is one byte a character. */
function isHost(text: string): boolean {
  const bytes = Buffer.from(text, 'latin1');
  return bytes.length > 0 && isHostAndPort(bytes, 0, bytes.length);
}
