import { parseIpv6 } from '#semantics/ip-address.ts';
import { COLON, HEX_VALUE, REG_NAME } from './char-class.ts';

const PERCENT = 0x25;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const HIGHEST_PORT = 65_535;

/**
 * Whether bytes are `uri-host [ ":" port ]` (RFC9110§7.2, RFC3986§3.2.2):
 *
 *     uri-host = IP-literal / IPv4address / reg-name
 *     IP-literal = "[" ( IPv6address / IPvFuture ) "]"
 *     reg-name = *( unreserved / pct-encoded / sub-delims )
 *     port = *DIGIT
 *
 * IPv4address is a subset of reg-name. No bytes at all are let through: that is what a client sends whose target has
 * no authority (RFC9112§3.2). A port without a host is refused: an http URI with an empty host is invalid
 * (RFC9110§4.2.1). So is a port above 65535, which no TCP has.
 * @param bytes the array
 * @param start where the value of Host, or the authority of a target, begins
 * @param end one past its last byte
 */
export function isHostAndPort(bytes: Buffer, start: number, end: number): boolean {
  if (bytes[start] === OPEN_BRACKET && start < end) {
    const close = bytes.indexOf(CLOSE_BRACKET, start);
    if (close < 0 || close >= end) return false;
    const literal = bytes.toString('latin1', start + 1, close);
    return (parseIpv6(literal) !== undefined || isIpvFuture(literal)) && isPortSuffix(bytes, close + 1, end);
  }
  let index = start;
  while (index < end && bytes[index] !== COLON) {
    if (REG_NAME[bytes[index] as number] === 1) index += 1;
    else if (isPercentEncoded(bytes, index, end)) index += 3;
    else return false;
  }
  return (index > start || start === end) && isPortSuffix(bytes, index, end);
}

/** `pct-encoded = "%" HEXDIG HEXDIG` (RFC3986§2.1) */
function isPercentEncoded(bytes: Uint8Array, index: number, end: number): boolean {
  if (bytes[index] !== PERCENT || index + 2 >= end) return false;
  return HEX_VALUE[bytes[index + 1] as number] !== 255 && HEX_VALUE[bytes[index + 2] as number] !== 255;
}

function isPortSuffix(bytes: Uint8Array, index: number, end: number): boolean {
  if (index === end) return true;
  if (bytes[index] !== COLON) return false;
  let port = 0;
  for (let at = index + 1; at < end; at += 1) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
    if (port > HIGHEST_PORT) return false;
  }
  return true;
}

/** `IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )` (RFC3986§3.2.2); nothing speaks it so far. */
function isIpvFuture(text: string): boolean {
  return /^v[0-9a-f]+\.[a-z0-9\-._~!$&'()*+,;=:]+$/i.test(text);
}
