/**
 * An address as the host of a URL that a browser on this machine can open: a wildcard is no destination.
 * @param address a numeric address or a name
 */
export function urlHost(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  // Of both families, as the socket: a browser tries one after the other.
  if (address === '::') return 'localhost';
  return address.includes(':') ? `[${address}]` : address;
}
