import { without } from './response-fields.ts';

const NativeResponse = globalThis.Response;

/** What `fetch()` decodes; the field stays on the response and is no longer true of its body. */
const DECODED_BY_FETCH = /^(?:gzip|x-gzip|deflate|br|zstd)$/i;
const CODING_FIELDS = new Set(['content-encoding', 'content-length']);

/** The streams and the `Headers` of fetched responses whose content `fetch()` decoded. */
const decodedStreams = new WeakSet<ReadableStream>();
const encodedHeaders = new WeakSet<Headers>();

/**
 * Whether `fetch()` made a response and decoded its content: what it says of coding and length is then true of the bytes
 * that came, and of nothing that can be read from it.
 * @param response of Node's class or of another implementation
 */
export function wasDecoded(response: Response): boolean {
  // Only a fetched response has a URL.
  if (response.url === '' || response.body === null) return false;
  const codings = response.headers.get('content-encoding');
  return codings?.split(',').every((coding) => DECODED_BY_FETCH.test(coding.trim())) ?? false;
}

/**
 * Remembers the stream and the `Headers` of a response that was decoded: apps put them into responses of their own.
 * @param response as `fetch()` gave it
 */
export function noteFetched(response: Response): void {
  // A stand-in for `fetch()` in somebody's tests may give anything.
  if (!(response instanceof NativeResponse) || response.body === null || !wasDecoded(response)) return;
  decodedStreams.add(response.body);
  encodedHeaders.add(response.headers);
}

/**
 * Tells that a stream has the content of another one: as the halves of a tee have.
 * @param copy the stream that was made
 * @param source where its content comes from
 */
export function noteCopy(copy: ReadableStream, source: ReadableStream): void {
  if (decodedStreams.has(source)) decodedStreams.add(copy);
}

/** Whether a stream is content that `fetch()` decoded. @param stream of a body */
export function isDecodedStream(stream: ReadableStream): boolean {
  return decodedStreams.has(stream);
}

/** Whether fields speak of content before `fetch()` decoded it. @param headers of a response, or an app's own */
export function isOfEncodedContent(headers: Headers): boolean {
  return encodedHeaders.has(headers);
}

/**
 * The fields without those of a content coding.
 * @param fields flat; names in lower case
 */
export function withoutCoding(fields: readonly string[]): string[] {
  return without(fields, CODING_FIELDS);
}
