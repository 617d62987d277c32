import { trimWhitespace } from './headers.ts';
import {
  type AddressRange,
  formatAddress,
  isInRange,
  parseAddress,
  parseIpv6,
  parseRange,
} from './ip-address.ts';

/**
 * Which proxies are trusted: so many hops before the server, from its peer on, or those with an address in one of the
 * ranges.
 */
export type ProxyTrust = number | TrustedAddresses;

/** Proxies that are trusted by their addresses. */
export interface TrustedAddresses {
  /** Their addresses. */
  readonly ranges: readonly AddressRange[];
  /** Whether a peer on a Unix domain socket is trusted, which has no address. */
  readonly local: boolean;
}

/** Fields in which proxies say for whom they ask; each with its lines combined, `undefined` where absent. */
export interface ForwardingFields {
  /** X-Forwarded-For. */
  readonly forwardedFor: string | undefined;
  /** Forwarded (RFC7239§4); not looked at where there is an X-Forwarded-For. */
  readonly forwarded: string | undefined;
}

/** Who asks, as far as trusted proxies tell. */
export interface ForwardedClient {
  /** An address in its shortest text; the peer's own where no proxy tells of another. */
  readonly address: string;
  /** What the proxy that was asked said of scheme and host, with the field Forwarded (RFC7239§5.3, RFC7239§5.4). */
  readonly element: ForwardedElement | undefined;
}

/** One element of Forwarded, that is one hop (RFC7239§4): its parameters as given, `undefined` where absent. */
export interface ForwardedElement {
  /** Who asked the proxy. */
  readonly for: string | undefined;
  /** Which host was asked for. */
  readonly host: string | undefined;
  /** By which scheme. */
  readonly proto: string | undefined;
}

const NAMED_RANGES: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/**
 * Reads which proxies are trusted by their addresses.
 * @param list with commas: addresses, ranges (`10.0.0.0/8`) and the names `loopback` (a Unix domain socket is one too),
 *   `linklocal` and `private`
 * @returns `undefined` where something of it is none of these
 */
export function parseTrustedAddresses(list: string): TrustedAddresses | undefined {
  const names = list.split(',').map(trimWhitespace);
  const ranges = names
    .flatMap((name) => (Object.hasOwn(NAMED_RANGES, name) ? (NAMED_RANGES[name] ?? []) : [name]))
    .map(parseRange);
  if (!ranges.every((range) => range !== undefined)) return undefined;
  return { ranges, local: names.includes('loopback') };
}

/**
 * Whether a server's own peer is a trusted proxy.
 * @param trust which proxies are
 * @param peer its address; empty on a Unix domain socket
 */
export function isTrustedPeer(trust: ProxyTrust, peer: string): boolean {
  return isTrusted(trust, peer, 0);
}

/**
 * Follows the proxies from the server's peer outwards, each by the word of the one before it, up to the first that is
 * not trusted: that is the client. What a client beyond it wrote is not read. A hop that is not told, or whose element
 * cannot be read, ends the way at the last good one.
 * @param trust which proxies are trusted
 * @param peer the address of the server's peer; empty on a Unix domain socket
 * @param fields what the request says
 */
export function findClient(trust: ProxyTrust, peer: string, fields: ForwardingFields): ForwardedClient {
  let client: ForwardedClient = { address: peer, element: undefined };
  const { forwardedFor, forwarded } = fields;
  const hops = forwardedFor === undefined ? elementsFromRight(forwarded ?? '') : partsFromRight(forwardedFor);
  let hop = 0;
  for (const told of hops) {
    if (!isTrusted(trust, client.address, hop)) break;
    const element = typeof told === 'string' ? undefined : told;
    const address = addressOfNode(typeof told === 'string' ? told : told.for);
    if (address === undefined) {
      // It asked by this scheme and for this host, whoever it was for.
      if (element !== undefined) client = { address: client.address, element };
      break;
    }
    client = { address, element };
    hop += 1;
  }
  return client;
}

/**
 * The last value of a field such as X-Forwarded-Proto, which is that of the nearest proxy: what stands left of it may be
 * the client's.
 * @param value the combined field value
 * @returns `undefined` for none
 */
export function lastValue(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  return trimWhitespace(value.slice(value.lastIndexOf(',') + 1)) || undefined;
}

function isTrusted(trust: ProxyTrust, address: string, hop: number): boolean {
  if (typeof trust === 'number') return hop < trust;
  if (address === '') return trust.local;
  // The zone of a link-local address is this machine's affair (RFC4007§11).
  const parsed = parseAddress(address.replace(/%.*$/, ''));
  return parsed !== undefined && trust.ranges.some((range) => isInRange(parsed, range));
}

function* partsFromRight(value: string): Generator<string> {
  for (let end = value.length; end >= 0; ) {
    // From before the start lastIndexOf() would look at the first character too.
    const start = end === 0 ? 0 : value.lastIndexOf(',', end - 1) + 1;
    yield trimWhitespace(value.slice(start, end));
    end = start - 1;
  }
}

/**
 *     Forwarded = 1#forwarded-element
 *     forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )
 *     forwarded-pair = token "=" ( token / quoted-string )
 *
 * (RFC7239§4). From the right, since the last element is a trusted proxy's: read from the left, a quote that a client
 * leaves open would swallow it. Empty elements mean nothing (RFC9110§5.6.1.2).
 */
function* elementsFromRight(value: string): Generator<ForwardedElement> {
  let end = value.length;
  let isQuoted = false;
  for (let at = value.length - 1; at >= -1; at -= 1) {
    const character = value[at];
    if (character === '"' && !isEscaped(value, at)) isQuoted = !isQuoted;
    if (at >= 0 && (isQuoted || character !== ',')) continue;
    const text = trimWhitespace(value.slice(at + 1, end));
    if (text !== '') yield parseElement(text);
    end = at;
  }
}

/** Whether an odd number of backslashes stands before a quote. */
function isEscaped(value: string, quote: number): boolean {
  let start = quote;
  while (value[start - 1] === '\\') start -= 1;
  return (quote - start) % 2 === 1;
}

const PAIR =
  /[ \t]*(?:([!#$%&'*+\-.^_`|~\w]+)=(?:([!#$%&'*+\-.^_`|~\w]+)|"((?:[^"\\]|\\.)*)")[ \t]*)?(?:;|$)/y;
const NO_ELEMENT: ForwardedElement = { for: undefined, host: undefined, proto: undefined };

/** One that is not of the grammar, or that says one thing twice, says nothing. */
function parseElement(text: string): ForwardedElement {
  const values = new Map<string, string>();
  for (let at = 0; at < text.length; at = PAIR.lastIndex) {
    PAIR.lastIndex = at;
    const pair = PAIR.exec(text);
    if (pair === null) return NO_ELEMENT;
    const [, name, token, quoted = ''] = pair;
    if (name === undefined) continue;
    if (values.has(name.toLowerCase())) return NO_ELEMENT;
    values.set(name.toLowerCase(), token ?? quoted.replace(/\\(.)/g, '$1'));
  }
  return { for: values.get('for'), host: values.get('host'), proto: values.get('proto') };
}

/**
 * The address of a node: `192.0.2.1`, `192.0.2.1:80`, `[2001:db8::1]:80` (RFC7239§6), and `2001:db8::1` as X-Forwarded-For
 * has it. `unknown` and `_hidden` are none.
 */
function addressOfNode(node = ''): string | undefined {
  const [, ipv6, ipv4] = /^(?:\[([\da-f:.]+)\]|([\d.]+))(?::(?:\d{1,5}|_[\w.-]+))?$/i.exec(node) ?? [];
  const address = ipv6 === undefined ? parseAddress(ipv4 ?? node) : parseIpv6(ipv6);
  return address === undefined ? undefined : formatAddress(address);
}
