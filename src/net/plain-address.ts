const MAPPED = '::ffff:';

/**
 * The address of a client as its family writes it: an IPv4 client of a socket that takes both families has an IPv6
 * address in the eyes of the system (RFC4291§2.5.5.2), which no list of addresses would match.
 * @param address as the system tells it, such as `::ffff:192.0.2.1`
 */
export function plainAddress(address: string): string {
  return address.startsWith(MAPPED) && address.includes('.') ? address.slice(MAPPED.length) : address;
}
