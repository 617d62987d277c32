/**
 * Whether a comma-separated list of tokens holds a token, letters in any case (RFC9110§5.6.1).
 * @param value the combined field value
 * @param token the token in lower case
 */
export function hasToken(value: string, token: string): boolean {
  if (value.length === token.length) return value.toLowerCase() === token;
  return listMembers(value).some((member) => member.toLowerCase() === token);
}

/**
 * The members of a comma-separated list, without the empty ones, which mean nothing (RFC9110§5.6.1.2). Not for lists
 * whose members may hold a comma in quotes.
 * @param value the combined field value
 */
export function listMembers(value: string): string[] {
  return value
    .split(',')
    .map(trimWhitespace)
    .filter((member) => member !== '');
}

/**
 * A text without the whitespace around it: `OWS = *( SP / HTAB )` (RFC9110§5.6.3). `trim()` would take 0xA0 too, which is
 * a character of a value; a regular expression would take time with the square of the blanks inside.
 * @param text part of a field value
 */
export function trimWhitespace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isWhitespace(text.charCodeAt(start))) start += 1;
  while (end > start && isWhitespace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isWhitespace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
