import { parseAddress } from './ip-address.ts';

/** Whom an address counts as where clients are counted: two words of 32 bits. */
export interface ClientKey {
  /** The first half. */
  readonly high: number;
  /** The second half. */
  readonly low: number;
}

/** In front of an IPv4 address. As a prefix of IPv6 it is one of multicast (RFC4291§2.7), which nobody sends from. */
const IPV4 = -1;

/**
 * Whom an address counts as. An IPv6 client has a /64 to itself and any address in it (RFC4291§2.5.1, RFC8981), so all of
 * those are one client; an IPv4 address is one.
 * @param address of either family, with or without a zone; an IPv4 address may be written as one of IPv6
 * @returns `undefined` where it is none, as for a peer on a Unix domain socket
 */
export function clientKey(address: string): ClientKey | undefined {
  const zone = address.indexOf('%');
  const groups = parseAddress(zone < 0 ? address : address.slice(0, zone));
  if (groups === undefined) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups;
  const isMapped = a === 0 && b === 0 && c === 0 && d === 0 && e === 0 && f === 0xffff;
  if (isMapped) return { high: IPV4, low: (g << 16) | h };
  return { high: (a << 16) | b, low: (c << 16) | d };
}

/**
 * Spreads keys over the places of a table.
 * @param seed of the table, which nobody outside knows: who can choose addresses could else choose crowded places
 * @returns 32 bits, signed
 */
export function hashKey({ high, low }: ClientKey, seed: number): number {
  let hash = Math.imul(high ^ seed, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15) ^ low, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 13) ^ seed, 0x27d4eb2f);
  return hash ^ (hash >>> 16);
}
