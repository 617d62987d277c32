/** Why a peer's bytes are refused: the status it is told and the section that decides. */
export interface Rejection {
  /** The status of the answer. */
  readonly status: number;
  /** The deciding section, in the one spelling. */
  readonly section: string;
  /** One sentence for the log; the peer sees the status only. */
  readonly reason: string;
}

/**
 * Every reason to refuse a peer's bytes, one row each. Refusals are values: nothing in this folder throws because
 * of what a peer sent. After a refusal nothing more is read from the connection (RFC9112§9.3).
 */
export const REJECTIONS = {
  // The request line
  'tls-on-plain-port': {
    status: 400,
    section: 'RFC9110§4.2.1',
    reason: 'the peer speaks TLS; this port is plain HTTP',
  },
  'http2-preface': {
    status: 505,
    section: 'RFC9113§3.4',
    reason: 'the peer speaks HTTP/2 without asking; this port is HTTP/1.1',
  },
  'empty-lines': { status: 400, section: 'RFC9112§2.2', reason: 'too many empty lines before a request' },
  'method-invalid': { status: 400, section: 'RFC9110§9.1', reason: 'the method is not a token' },
  'method-too-long': { status: 501, section: 'RFC9112§3', reason: 'a longer method than any that exists' },
  'target-invalid': {
    status: 400,
    section: 'RFC9112§3.2',
    reason: 'the request target has a character that it may not have',
  },
  'target-form': {
    status: 400,
    section: 'RFC9112§3.2',
    reason: 'the form of the request target does not fit the method',
  },
  'target-scheme': {
    status: 400,
    section: 'RFC9112§3.2.2',
    reason: 'a scheme other than http and https in the target',
  },
  'target-insecure': {
    status: 421,
    section: 'RFC9110§7.4',
    reason: 'an https target on a connection that is not secured',
  },
  'target-too-long': {
    status: 414,
    section: 'RFC9112§3',
    reason: 'the request target is longer than the limit',
  },
  'version-invalid': {
    status: 400,
    section: 'RFC9112§2.3',
    reason: 'the request line does not end in HTTP/x.y',
  },
  'version-unsupported': { status: 505, section: 'RFC9110§15.6.6', reason: 'a major version other than 1' },
  // Field lines
  'bare-cr': { status: 400, section: 'RFC9112§2.2', reason: 'a CR without LF' },
  'bare-lf': { status: 400, section: 'RFC9112§2.2', reason: 'an LF without CR' },
  'field-name-invalid': { status: 400, section: 'RFC9112§5.1', reason: 'a field name that is not a token' },
  'field-space-before-colon': {
    status: 400,
    section: 'RFC9112§5.1',
    reason: 'whitespace between field name and colon',
  },
  'field-value-invalid': {
    status: 400,
    section: 'RFC9110§5.5',
    reason: 'a control character in a field value',
  },
  'field-folded': { status: 400, section: 'RFC9112§5.2', reason: 'a folded field line' },
  'head-too-large': { status: 431, section: 'RFC6585§5', reason: 'a larger head than the limit' },
  'fields-too-many': { status: 431, section: 'RFC6585§5', reason: 'more field lines than the limit' },
  // Host
  'host-missing': { status: 400, section: 'RFC9112§3.2', reason: 'an HTTP/1.1 request without Host' },
  'host-repeated': { status: 400, section: 'RFC9112§3.2', reason: 'more than one Host' },
  'host-invalid': { status: 400, section: 'RFC9112§3.2', reason: 'Host is not uri-host [":" port]' },
  // Framing
  'coding-with-length': {
    status: 400,
    section: 'RFC9112§6.1',
    reason: 'Transfer-Encoding together with Content-Length',
  },
  'coding-on-1.0': { status: 400, section: 'RFC9112§6.1', reason: 'Transfer-Encoding on HTTP/1.0' },
  'coding-repeated': { status: 400, section: 'RFC9112§6.1', reason: 'more than one Transfer-Encoding line' },
  'coding-not-chunked': {
    status: 400,
    section: 'RFC9112§6.3',
    reason: 'Transfer-Encoding does not plainly end in chunked',
  },
  'coding-unknown': { status: 501, section: 'RFC9112§6.1', reason: 'a transfer coding other than chunked' },
  'length-repeated': { status: 400, section: 'RFC9112§6.3', reason: 'more than one Content-Length' },
  'length-invalid': {
    status: 400,
    section: 'RFC9110§8.6',
    reason: 'Content-Length is not a plain decimal number',
  },
  'length-too-large': { status: 413, section: 'RFC9110§8.6', reason: 'a Content-Length that no file has' },
  'expectation-unknown': {
    status: 417,
    section: 'RFC9110§10.1.1',
    reason: 'an expectation other than 100-continue',
  },
  'method-not-implemented': {
    status: 501,
    section: 'RFC9110§9.1',
    reason: 'CONNECT is for proxies, TRACE and TRACK would echo credentials',
  },
  // Chunked bodies
  'chunk-size-invalid': {
    status: 400,
    section: 'RFC9112§7.1',
    reason: 'a chunk size that is not plain hexadecimal',
  },
  'chunk-size-too-large': { status: 413, section: 'RFC9112§7.1', reason: 'a chunk size that no body has' },
  'chunk-extension-invalid': {
    status: 400,
    section: 'RFC9112§7.1.1',
    reason: 'a chunk extension off its grammar',
  },
  'chunk-extensions-too-large': {
    status: 400,
    section: 'RFC9112§7.1.1',
    reason: 'more bytes of chunk extensions than the limit',
  },
  'chunk-end-invalid': { status: 400, section: 'RFC9112§7.1', reason: 'chunk data not followed by CRLF' },
  'trailers-too-large': {
    status: 431,
    section: 'RFC9112§7.1.2',
    reason: 'a larger trailer section than the limit',
  },
  // The end of the connection, and deadlines
  'head-incomplete': { status: 400, section: 'RFC9112§8', reason: 'the peer ended inside a head' },
  'body-incomplete': { status: 400, section: 'RFC9112§8', reason: 'the peer ended inside a body' },
  'head-timeout': { status: 408, section: 'RFC9110§15.5.9', reason: 'the head was not complete in time' },
  'body-timeout': { status: 408, section: 'RFC9110§15.5.9', reason: 'the body came too slowly' },
} as const;
REJECTIONS satisfies Record<string, Rejection>;

/** A row of {@link REJECTIONS}. */
export type RejectionCode = keyof typeof REJECTIONS;
