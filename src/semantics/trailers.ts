/**
 * Fields that are never trailers, by the reasons of RFC9110§6.5.1: who reads a message has acted on them, or on their
 * absence, long before its end.
 */
const NEVER_TRAILERS: ReadonlySet<string> = new Set([
  // Framing and the connection
  ...[
    'connection',
    'content-length',
    'keep-alive',
    'proxy-connection',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
  ],
  // Routing, and what modifies a request
  ...['cache-control', 'expect', 'forwarded', 'host', 'max-forwards', 'pragma', 'range', 'via'],
  ...['if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since'],
  ...['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'],
  // Who is asking
  ...[
    'authorization',
    'cookie',
    'origin',
    'proxy-authenticate',
    'proxy-authorization',
    'proxy-authentication-info',
  ],
  ...['set-cookie', 'www-authenticate'],
  // How the content is to be read, and what becomes of the answer
  ...[
    'content-encoding',
    'content-range',
    'content-type',
    'age',
    'date',
    'expires',
    'location',
    'retry-after',
    'vary',
  ],
]);

/**
 * Whether a field may stand in a trailer section, of a request or a reply (RFC9110§6.5.1). Names that the registry
 * does not know are let through: whoever defined them knows.
 * @param name in lower case
 */
export function mayBeTrailer(name: string): boolean {
  return !NEVER_TRAILERS.has(name);
}
