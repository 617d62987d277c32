import { isIPv6 } from 'node:net';

/** Where the admin endpoint listens. */
export interface AdminAddress {
  /** A name or a numeric address, an IPv6 one without brackets. */
  readonly host: string;
  /** 0 to 65535; 0 lets the system choose. */
  readonly port: number;
}

const LOOPBACK = '127.0.0.1';
const ADDRESS = /^(?:(?:\[(?<ipv6>[^\]]+)\]|(?<host>[^:[\]/\s]+)):)?(?<port>\d{1,5})$/;

/**
 * Reads `port`, `host:port` or `[IPv6]:port`. Without a host it is this machine alone.
 * @param text such as `7879`, `0.0.0.0:7879`, `[::1]:0`
 * @returns `undefined` where it is none of these
 */
export function parseAdminAddress(text: string): AdminAddress | undefined {
  const { ipv6, host, port } = ADDRESS.exec(text)?.groups ?? {};
  if (port === undefined || Number(port) > 65_535) return undefined;
  if (ipv6 !== undefined && !isIPv6(ipv6)) return undefined;
  return { host: ipv6 ?? host ?? LOOPBACK, port: Number(port) };
}

/**
 * Whether nobody but this machine reaches an address.
 * @param address a numeric address
 */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\./.test(address);
}
