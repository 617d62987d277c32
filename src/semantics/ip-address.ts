/** An address: eight groups of 16 bits. One of IPv4 is the IPv6 address that stands for it (RFC4291§2.5.5.2). */
export type IpAddress = readonly number[];

/** All addresses that begin with the same bits. */
export interface AddressRange {
  /** Any address of the range. */
  readonly address: IpAddress;
  /** How many bits of it count, 0 to 128. */
  readonly bits: number;
}

const GROUPS = 8;
const BITS = 128;
/** In front of an IPv4 address that is written as one of IPv6. */
const MAPPED: IpAddress = [0, 0, 0, 0, 0, 0xffff];
const MAPPED_BITS = 96;
/** `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`; what is longer is not looked at. */
const LONGEST_TEXT = 45;

/**
 * Reads an address of either family, without brackets, port and zone.
 * @param text such as `192.0.2.1`, `2001:db8::1`, `::ffff:192.0.2.1`
 */
export function parseAddress(text: string): IpAddress | undefined {
  if (text.length > LONGEST_TEXT) return undefined;
  if (text.includes(':')) return parseIpv6(text);
  const groups = parseIpv4(text);
  return groups === undefined ? undefined : [...MAPPED, ...groups];
}

/**
 * Reads an IPv6address (RFC3986§3.2.2): eight groups of one to four hexadecimal digits, one run of zero groups may be
 * `::`, the last two groups may be an IPv4 address.
 */
export function parseIpv6(text: string): IpAddress | undefined {
  if (text.length > LONGEST_TEXT) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = parseGroups(halves[1] ?? '', true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = GROUPS - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const ipv4 = mayEndInIpv4 && index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (ipv4 !== undefined) groups.push(...ipv4);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** Two groups. No leading zeros: some read them as octal, and two readers would see two addresses. */
function parseIpv4(text: string): readonly number[] | undefined {
  if (!/^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
}

/**
 * The one text of an address, as its family writes it (RFC5952§4), so that two texts of one address are not taken for
 * two clients.
 * @param address of either family
 */
export function formatAddress(address: IpAddress): string {
  if (isInRange(address, { address: [...MAPPED, 0, 0], bits: MAPPED_BITS })) {
    return address
      .slice(-2)
      .flatMap((group) => [group >> 8, group & 255])
      .join('.');
  }
  const groups = address.map((group) => group.toString(16)).join(':');
  // The longest run of zero groups, the first of several; a single one is not shortened.
  const runs = Array.from(groups.matchAll(/(?<![^:])0(?::0)+(?![^:])/g), ([run]) => run);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return groups;
  const at = groups.search(new RegExp(`(?<![^:])${longest}(?![^:])`));
  return `${groups.slice(0, at).replace(/:$/, '')}::${groups.slice(at + longest.length).replace(/^:/, '')}`;
}

/**
 * Reads a range in CIDR notation (RFC4632§3.1, RFC4291§2.3), or a single address. One that takes in every address is none,
 * nor is one whose address goes on behind the prefix: `::ffff:10.0.0.0/8` would be all there are.
 * @param text such as `10.0.0.0/8`, `2001:db8::/32`, `192.0.2.1`
 */
export function parseRange(text: string): AddressRange | undefined {
  const [, base = '', length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = parseAddress(base);
  if (address === undefined) return undefined;
  const before = base.includes(':') ? 0 : MAPPED_BITS;
  const bits = length === undefined ? BITS : Number(length) + before;
  if (bits > BITS || bits === before || !isPrefix(address, bits)) return undefined;
  return { address, bits };
}

function isPrefix(address: IpAddress, bits: number): boolean {
  return address.every((group, at) => (group & (0xffff >> Math.min(16, Math.max(0, bits - at * 16)))) === 0);
}

/** Whether an address is one of a range. */
export function isInRange(address: IpAddress, range: AddressRange): boolean {
  for (let group = 0; group * 16 < range.bits; group += 1) {
    const rest = Math.max(0, 16 - (range.bits - group * 16));
    if ((address[group] ?? 0) >> rest !== (range.address[group] ?? 0) >> rest) return false;
  }
  return true;
}
