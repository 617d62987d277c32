import { HEX_VALUE, REG_NAME } from './char-class.ts';

/**
 * Whether a text is `uri-host [ ":" port ]` (RFC9110§7.2, RFC3986§3.2.2):
 *
 *     uri-host = IP-literal / IPv4address / reg-name
 *     IP-literal = "[" ( IPv6address / IPvFuture ) "]"
 *     reg-name = *( unreserved / pct-encoded / sub-delims )
 *     port = *DIGIT
 *
 * IPv4address is a subset of reg-name. The empty text is let through: it is what a client sends whose target has
 * no authority (RFC9112§3.2). A port without a host is refused: an http URI with an empty host is invalid
 * (RFC9110§4.2.1). An IPvFuture, which nothing speaks, is refused; so is a port above 65535.
 * @param text the value of Host, or the authority of a target
 */
export function isHostAndPort(text: string): boolean {
  if (text.charCodeAt(0) === 0x5b) {
    const close = text.indexOf(']');
    return close > 0 && isIpv6Address(text.slice(1, close)) && isPortSuffix(text, close + 1);
  }
  let index = 0;
  while (index < text.length && text.charCodeAt(index) !== 0x3a) {
    const code = text.charCodeAt(index);
    if (REG_NAME[code] === 1) {
      index += 1;
    } else if (isPercentEncoded(text, index)) {
      index += 3;
    } else {
      return false;
    }
  }
  return (index > 0 || text === '') && isPortSuffix(text, index);
}

function isPercentEncoded(text: string, index: number): boolean {
  if (text.charCodeAt(index) !== 0x25 || index + 2 >= text.length) return false;
  const high = HEX_VALUE[text.charCodeAt(index + 1)] ?? 255;
  const low = HEX_VALUE[text.charCodeAt(index + 2)] ?? 255;
  return high !== 255 && low !== 255;
}

function isPortSuffix(text: string, index: number): boolean {
  if (index === text.length) return true;
  if (text.charCodeAt(index) !== 0x3a) return false;
  let port = 0;
  for (let at = index + 1; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
    if (port > 65_535) return false;
  }
  return true;
}

/**
 * Whether a text is an IPv6address (RFC3986§3.2.2): eight groups of one to four hexadecimal digits, one run of
 * zero groups may be `::`, the last two groups may be an IPv4 address.
 */
function isIpv6Address(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const [head = '', tail] = halves;
  const headGroups = countGroups(head, tail === undefined);
  if (tail === undefined) return headGroups === 8;
  const tailGroups = countGroups(tail, true);
  return headGroups >= 0 && tailGroups >= 0 && headGroups + tailGroups <= 7;
}

function countGroups(text: string, mayEndInIpv4: boolean): number {
  if (text === '') return 0;
  const groups = text.split(':');
  let count = 0;
  for (const [index, group] of groups.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(group)) count += 1;
    else if (mayEndInIpv4 && index === groups.length - 1 && isIpv4Address(group)) count += 2;
    else return -1;
  }
  return count;
}

function isIpv4Address(text: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text);
}
