/**
 * Whether a comma-separated list of tokens holds a token, letters in any case (RFC9110§5.6.1).
 * @param value the combined field value
 * @param token the token in lower case
 */
export function hasToken(value: string, token: string): boolean {
  if (value.length === token.length) return value.toLowerCase() === token;
  for (const element of value.split(',')) {
    if (element.trim().toLowerCase() === token) return true;
  }
  return false;
}
