import { TooManyFieldsError } from './content-too-large.ts';
import type { WebBody } from './web-body.ts';

const NativeResponse = globalThis.Response;

/** The content as text; empty where there is none. @param body the content, or `null` */
export async function readText(body: WebBody | null): Promise<string> {
  return body === null ? '' : body.text();
}

/** The content parsed as JSON (RFC8259). @param body the content, or `null` */
export async function readJson(body: WebBody | null): Promise<unknown> {
  return JSON.parse(await readText(body));
}

/** The content as bytes that the caller owns. @param body the content, or `null` */
export async function readBytes(body: WebBody | null): Promise<Uint8Array<ArrayBuffer>> {
  if (body === null) return new Uint8Array(0);
  const bytes = await body.collect();
  const { buffer } = bytes;
  // What shares its memory with others, as small Node buffers do, is copied: the caller may hand `buffer` on.
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength
    ? new Uint8Array(buffer)
    : new Uint8Array(bytes);
}

/** The content as an array buffer that the caller owns. @param body the content, or `null` */
export async function readArrayBuffer(body: WebBody | null): Promise<ArrayBuffer> {
  return (await readBytes(body)).buffer;
}

/**
 * The content as a blob of its content type.
 * @param body the content, or `null`
 * @param contentType the content-type field, or `null`
 */
export async function readBlob(body: WebBody | null, contentType: string | null): Promise<Blob> {
  return nativeOf(await collected(body), contentType).blob();
}

/**
 * The content parsed as the form its content type names.
 * @param body the content, or `null`
 * @param contentType the content-type field, or `null`
 * @throws {TypeError} where it is no form, or not of that type
 */
export async function readFormData(body: WebBody | null, contentType: string | null): Promise<FormData> {
  return nativeOf(await collected(body), contentType).formData();
}

/** The most fields of a form in `application/x-www-form-urlencoded` that are taken from a peer. */
const MAX_FIELDS = 10_000;
const AMPERSAND = 0x26;
const URL_ENCODED = /x-www-form-urlencoded/i;

/**
 * The same for content that a peer sent. Node's parser of such forms takes 25 s for a million fields, which fit into
 * 2 MB; parts of `multipart/form-data` are longer, and take no longer than their bytes.
 * @throws {TooManyFieldsError} over 10,000 fields
 */
export async function readSentForm(body: WebBody | null, contentType: string | null): Promise<FormData> {
  const bytes = await collected(body);
  if (bytes !== null && contentType !== null && URL_ENCODED.test(contentType)) checkFields(bytes);
  return nativeOf(bytes, contentType).formData();
}

function checkFields(bytes: Uint8Array): void {
  let at = bytes.indexOf(AMPERSAND);
  for (let count = 1; at >= 0; count += 1) {
    if (count === MAX_FIELDS) throw new TooManyFieldsError(MAX_FIELDS);
    at = bytes.indexOf(AMPERSAND, at + 1);
  }
}

async function collected(body: WebBody | null): Promise<Uint8Array | null> {
  return body === null ? null : body.collect();
}

/** Media types and forms are parsed by Node's own class: the one place where their rules are. */
function nativeOf(bytes: Uint8Array | null, contentType: string | null): Response {
  return new NativeResponse(bytes, contentType === null ? {} : { headers: { 'content-type': contentType } });
}
