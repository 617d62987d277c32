import { isHostAndPort } from './authority.ts';
import type { RejectionCode } from './rejection.ts';
import type { RequestHead } from './request-head.ts';

const SLASH = 0x2f;
const ASTERISK = 0x2a;

/**
 * Finds the form of a head's target and holds it to the method (RFC9112§3.2):
 *
 *     request-target = origin-form / absolute-form / authority-form / asterisk-form
 *
 * The reader of the request line has checked the characters. Absolute-form is taken from any client, as
 * RFC9112§3.2.2 demands, and its authority overrides Host.
 * @param head gets `form`, and for the absolute-form authority and path
 */
export function readTarget(head: RequestHead): RejectionCode | undefined {
  const first = head.bytes[head.base + head.methodEnd + 1];
  if (first === SLASH) {
    head.form = 'origin';
    return undefined;
  }
  if (first === ASTERISK && head.targetEnd === head.methodEnd + 2) {
    head.form = 'asterisk';
    return head.method === 'OPTIONS' ? undefined : 'target-form';
  }
  return readAbsoluteForm(head);
}

/** `absolute-form = absolute-URI`; of its schemes an origin server has http and https (RFC9110§4.2). */
function readAbsoluteForm(head: RequestHead): RejectionCode | undefined {
  const { target } = head;
  const targetStart = head.base + head.methodEnd + 1;
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(target);
  if (scheme === null) return 'target-form';
  const schemeName = (scheme[1] as string).toLowerCase();
  if (schemeName !== 'http' && schemeName !== 'https') return 'target-scheme';
  const rest = target.slice(scheme[0].length);
  const authorityLength = rest.search(/[/?]/);
  const authority = authorityLength < 0 ? rest : rest.slice(0, authorityLength);
  // An empty host is an invalid http URI (RFC9110§4.2.1); userinfo is refused by its "@" (RFC9110§4.2.4).
  const authorityStart = targetStart + scheme[0].length;
  if (authority === '' || !isHostAndPort(head.bytes, authorityStart, authorityStart + authority.length)) {
    return 'host-invalid';
  }
  // Answered as http, it would be the answer of another origin (RFC9110§4.2.2).
  if (schemeName === 'https' && head.scheme === 'http') return 'target-insecure';
  const path = authorityLength < 0 ? '' : rest.slice(authorityLength);
  head.form = 'absolute';
  head.setTargetParts(authority, pathInOriginForm(path, head.method));
  return undefined;
}

/** An absent path is `/`, but for OPTIONS, where it means the server as a whole (RFC9112§3.2.4). */
function pathInOriginForm(path: string, method: string): string {
  if (path === '') return method === 'OPTIONS' ? '*' : '/';
  return path.startsWith('?') ? `/${path}` : path;
}
