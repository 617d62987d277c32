/**
 * The character classes of RFC 9110 and RFC 9112 as 256-entry tables: one load tells whether a byte belongs.
 * Each is written beside its ABNF.
 */

/** HTAB. */
export const HTAB = 0x09;
/** LF. */
export const LF = 0x0a;
/** CR. */
export const CR = 0x0d;
/** SP. */
export const SP = 0x20;
/** `:` */
export const COLON = 0x3a;
/** `?` */
export const QUESTION_MARK = 0x3f;
/** `\` */
export const BACKSLASH = 0x5c;

const ALPHA = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const DIGIT = '0123456789';
const UNRESERVED = `${ALPHA}${DIGIT}-._~`;
const SUB_DELIMS = "!$&'()*+,;=";

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}

/** `tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~" / DIGIT / ALPHA` (RFC9110§5.6.2) */
export const TCHAR: Uint8Array = tableOf(`!#$%&'*+-.^_\`|~${DIGIT}${ALPHA}`);

/** `field-vchar / SP / HTAB`, where `field-vchar = VCHAR / obs-text` (RFC9110§5.5) */
export const FIELD_VALUE: Uint8Array = fieldValueTable();

/**
 * The value in {@link TARGET} of a backslash, which browsers leave raw in queries too. In front of the query it has
 * two readings: URL parsers take it for a slash, so `/public\\..\\secret` would be one path to a proxy's rules and
 * another to the app.
 */
export const QUERY_ONLY = 2;

/**
 * What a request target may hold: `pchar / "/" / "?"` and the brackets of an IP literal (RFC3986§3.3, §3.4). Wider
 * than the grammar by `{ } | ^` and the backtick, which browsers leave raw in queries; none of them has a second
 * reading on the way to us. `#`, `"`, `<`, `>`, SP, controls and bytes above 0x7E stay out. A backslash is
 * {@link QUERY_ONLY}.
 */
export const TARGET: Uint8Array = targetTable();

/** `unreserved / sub-delims`: what a reg-name holds beside percent-encoded bytes (RFC3986§3.2.2) */
export const REG_NAME: Uint8Array = tableOf(`${UNRESERVED}${SUB_DELIMS}`);

/** The value of a hexadecimal digit, 0 to 15; 255 for every other byte (RFC5234§B.1 `HEXDIG`, both cases) */
export const HEX_VALUE: Uint8Array = hexTable();

/** ASCII letters in lower case, every other byte as it is. Exact, where `byte | 0x20` would make `~` of `^`. */
export const LOWER: Uint8Array = lowerTable();

/**
 * Whether the bytes from `start` to `end` are the given name, letters in any case.
 * @param lowerCaseName ASCII, in lower case
 */
export function equalsIgnoringCase(
  bytes: Uint8Array,
  start: number,
  end: number,
  lowerCaseName: string,
): boolean {
  if (end - start !== lowerCaseName.length) return false;
  for (let index = start; index < end; index += 1) {
    if (LOWER[bytes[index] as number] !== lowerCaseName.charCodeAt(index - start)) return false;
  }
  return true;
}

function fieldValueTable(): Uint8Array {
  const table = new Uint8Array(256);
  table.fill(1, 0x20, 0x7f);
  table.fill(1, 0x80, 0x100);
  table[HTAB] = 1;
  return table;
}

function targetTable(): Uint8Array {
  const table = tableOf(`${UNRESERVED}${SUB_DELIMS}%:@/?[]{}|^\``);
  table[BACKSLASH] = QUERY_ONLY;
  return table;
}

function hexTable(): Uint8Array {
  const table = new Uint8Array(256).fill(255);
  for (let value = 0; value < 16; value += 1) {
    const digit = value.toString(16);
    table[digit.charCodeAt(0)] = value;
    table[digit.toUpperCase().charCodeAt(0)] = value;
  }
  return table;
}

function lowerTable(): Uint8Array {
  const table = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte += 1) table[byte] = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
  return table;
}
