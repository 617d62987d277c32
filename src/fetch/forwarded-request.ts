const NativeRequest = globalThis.Request;
const NativeHeaders = globalThis.Headers;

/**
 * What a client told the connection it came by, and not the server behind (RFC9110§7.6.1, RFC9110§10.1.1). Node's
 * `fetch()` refuses a request that has one of them. `connection` is not among them: Node reads it as an app's wish
 * for its own connection and sends its own; nor is what `connection` names, since a client could then take away what
 * the app adds.
 */
const CONNECTION_FIELDS: readonly string[] = [
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
];
const NAMES: ReadonlySet<string> = new Set(CONNECTION_FIELDS);

/**
 * Whether there is a field that is not to be passed on.
 * @param headers what a request is to be made with; what can be read only once counts as if there were
 * @param isOtherContent whether a length among them is that of other content
 */
export function hasConnectionFields(headers: unknown, isOtherContent: boolean): boolean {
  if (typeof headers !== 'object' || headers === null) return false;
  if (headers instanceof NativeHeaders) {
    return (
      CONNECTION_FIELDS.some((name) => headers.has(name)) || (isOtherContent && headers.has('content-length'))
    );
  }
  if (Symbol.iterator in headers && !Array.isArray(headers)) return true;
  const names = Array.isArray(headers) ? headers.map((pair: unknown) => nameOf(pair)) : Object.keys(headers);
  return names.some((name) => {
    const lower = name.toLowerCase();
    return NAMES.has(lower) || (isOtherContent && lower === 'content-length');
  });
}

/** The name of a pair; a wrong pair has none and is refused by Node. */
function nameOf(pair: unknown): string {
  return Array.isArray(pair) ? String(pair[0]) : '';
}

/**
 * A request to pass on to another server.
 * @param request of Node's class; it may have the fields of one that came in
 * @returns the same where nothing is to be left out; else one that takes its content over
 */
export function withoutConnectionFields(request: Request): Request {
  if (!CONNECTION_FIELDS.some((name) => request.headers.has(name))) return request;
  const headers = new NativeHeaders(request.headers);
  for (const name of CONNECTION_FIELDS) headers.delete(name);
  return new NativeRequest(request, { headers });
}
