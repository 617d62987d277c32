const NativeRequest = globalThis.Request;
const NativeHeaders = globalThis.Headers;

/**
 * What a client told the connection it came by, and not the server behind (RFC9110§7.6.1, RFC9110§10.1.1). Node's
 * `fetch()` refuses a request that has one of them. `connection` is not among them: Node reads it as an app's wish
 * for its own connection and sends its own; nor is what `connection` names, since a client could then take away what
 * the app adds.
 */
const CONNECTION_FIELDS = [
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
] as const;

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
