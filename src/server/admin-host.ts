import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { IncomingRequest } from '#exchange/incoming-request.ts';

/** Names that nobody can have in the public DNS: RFC 6761, RFC 6762, RFC 8375, and `.internal`, which ICANN has set aside. */
const PRIVATE_SUFFIX = /\.(?:localhost|local|internal|home\.arpa|test)$/;

/**
 * Whether a request for this authority can be meant for the admin endpoint. A page of a stranger can have a name of its own
 * resolve to this machine (DNS rebinding), and its browser then lets it read all there is, as though it were from there;
 * but it cannot choose what stands in Host. An address, a name without a dot and a name of a private network are not a
 * stranger's.
 * @param authority the value of Host, with or without a port; empty where there is none, as with HTTP/1.0
 * @param configured the name that the endpoint was told to listen on
 */
export function isOwnHost(authority: string, configured: string): boolean {
  if (authority === '') return true;
  const bracketed = /^\[([^\]]+)\](?::\d*)?$/.exec(authority);
  if (bracketed !== null) return isIP(bracketed[1] ?? '') === 6;
  const name = authority.replace(/:\d*$/, '').toLowerCase();
  if (isIP(name) === 4) return true;
  if (name === configured.toLowerCase() || name === hostname().toLowerCase()) return true;
  return /^[\w-]+$/.test(name) || PRIVATE_SUFFIX.test(name);
}
/**
 * Whether a page of another origin has its browser ask, which could read none of the answer but hold on to it. That somebody
 * follows a link to here is fine.
 */
export function isFromOtherPage(request: Pick<IncomingRequest, 'field' | 'authority'>): boolean {
  const site = request.field('sec-fetch-site');
  if (site === 'cross-site' || site === 'same-site') return request.field('sec-fetch-dest') !== 'document';
  // Where a browser says nothing of the site, since the connection is no trustworthy one for it.
  const origin = request.field('origin');
  return origin !== undefined && origin !== `http://${request.authority}`;
}
