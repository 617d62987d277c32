import type { ReplyBody } from '#exchange/reply.ts';
import { readArrayBuffer, readBlob, readBytes, readFormData, readJson, readText } from './body-readers.ts';
import { isOfEncodedContent, wasDecoded, withoutCoding } from './decoded-content.ts';
import { acceptInstances, standInFor } from './native-members.ts';
import { flatFields, type HeadersInit, hasField, headersOf, snapshotFields } from './response-fields.ts';
import { type BodyInit, WebBody } from './web-body.ts';

const NativeResponse = globalThis.Response;
const NativeHeaders = globalThis.Headers;

const NO_FIELDS: readonly string[] = [];
const TEXT_TYPE = 'text/plain;charset=UTF-8';
const TEXT_FIELDS: readonly string[] = ['content-type', TEXT_TYPE];
const JSON_TYPE = 'application/json';
const JSON_FIELDS: readonly string[] = ['content-type', JSON_TYPE];

/** The `Headers` of redirects: as they never change, a clone has the same. */
const immutableHeaders = new WeakSet<Headers>();

/** What a status line may say: tab, space, visible and obsolete characters (RFC9112§4). */
const REASON_PHRASE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether a value was made by our `Response`, so that {@link takeFields} and {@link takeBody} may be called. */
export let isWebResponse: (value: unknown) => value is WebResponse;
/** The fields to send, flat, names in lower case; not to be changed. */
export let takeFields: (response: WebResponse) => readonly string[];
/** The body to send; the response is used from then on. Throws a `TypeError` where it was used before. */
export let takeBody: (response: WebResponse) => ReplyBody;
/** The length of the body in bytes where it is known without looking at the content. */
export let bodyLength: (response: WebResponse) => number | undefined;

/** Whether the body is content that `fetch()` decoded, so that no coding or length a field tells is true of it. */
export let hasDecodedBody: (response: WebResponse) => boolean;

/**
 * The standard's `Response`, for answers on their way out: it holds what it was given, and neither a `Headers` nor
 * a stream is made before somebody asks for one. It behaves as Node's own class, of which its objects are
 * instances; whatever is unusual is decided by that class.
 *
 * @example
 * new Response('Hello', { headers: { 'cache-control': 'no-store' } });
 */
export class WebResponse implements Response {
  declare readonly textStream: Response['textStream'];
  #status = 200;
  #statusText = '';
  readonly #body: WebBody | null;
  #fields: readonly string[];
  /** Once it is there, it is the truth, and `#fields` is not. */
  #headers: Headers | undefined;

  /**
   * @param body any body the standard takes; `null` for none
   * @param init status (200 to 599), status text, headers
   * @throws {RangeError} at another status
   * @throws {TypeError} at a bad field, a used body, or a body where the status has none (RFC9110§6.4.1)
   */
  constructor(body?: BodyInit | WebBody | null, init?: ResponseInit | null) {
    this.#body = body === undefined || body === null ? null : WebBody.fromInit(body);
    const type = this.#body === null ? null : this.#body.type;
    if (init === undefined || init === null) {
      this.#fields = type === null ? NO_FIELDS : fieldsOfType(type);
      return;
    }
    const fields = WebResponse.#settle(this, init);
    if (this.#body !== null && isNullBodyStatus(this.#status)) {
      throw new TypeError(`Response constructor: Invalid response status code ${this.#status}`);
    }
    this.#fields =
      type === null || hasField(fields, 'content-type') ? fields : [...fields, 'content-type', type];
  }

  /** Takes over an init, each of whose members is read once. A function of its own: the constructor is to be small. */
  static #settle(response: WebResponse, init: ResponseInit): readonly string[] {
    if (isWebResponse(init)) {
      response.#status = init.#status;
      response.#statusText = init.#statusText;
      // Another response of ours holds its fields checked and never changes the list.
      return takeFields(init);
    }
    const { headers, status, statusText } = init;
    if (isPlain(init, status, statusText)) {
      response.#status = status ?? 200;
      response.#statusText = statusText ?? '';
      return headers === undefined ? NO_FIELDS : fieldsOf(init, headers);
    }
    const native = nativeResponseWith(init, { headers, status, statusText });
    response.#status = native.status;
    response.#statusText = native.statusText;
    return flatFields(native.headers);
  }

  static {
    isWebResponse = (value): value is WebResponse =>
      typeof value === 'object' && value !== null && #fields in value;
    takeFields = (response) =>
      response.#headers === undefined ? response.#fields : flatFields(response.#headers);
    takeBody = (response) => (response.#body === null ? undefined : response.#body.take());
    bodyLength = (response) => response.#body?.length;
    hasDecodedBody = (response) => response.#body?.isDecoded === true;
  }

  /**
   * A response of a value as JSON.
   * @param data what `JSON.stringify` takes
   * @throws {TypeError} at a value that has no JSON
   */
  static json(data: unknown, init?: ResponseInit): Response {
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError('Value is not JSON serializable');
    return new WebResponse(WebBody.fromText(text, JSON_TYPE), init);
  }

  /**
   * A response that leads elsewhere (RFC9110§15.4).
   * @param url an absolute URL; a `Response` with a `location` field can hold a relative one
   * @param status 301, 302, 303, 307 or 308
   * @throws {TypeError} at a URL that does not parse
   * @throws {RangeError} at another status
   */
  static redirect(url: string | URL, status?: 301 | 302 | 303 | 307 | 308): Response {
    const native = NativeResponse.redirect(url, status);
    const response = new WebResponse(null, { status: native.status });
    // Node's own headers refuse changes here, as the standard wants it.
    response.#headers = native.headers;
    immutableHeaders.add(native.headers);
    return response;
  }

  /** A network error, which no server can send; for code that makes one for other uses. */
  static error(): Response {
    return NativeResponse.error();
  }

  /** Always `default`: it was made here. */
  get type(): 'default' {
    return 'default';
  }

  /** Always empty: it was not fetched. */
  get url(): string {
    return '';
  }

  /** Always `false`: it was not fetched. */
  get redirected(): boolean {
    return false;
  }

  /** The status code, 200 to 599. */
  get status(): number {
    return this.#status;
  }

  /** Whether the status is a success, 2xx. */
  get ok(): boolean {
    return this.#status >= 200 && this.#status <= 299;
  }

  /** The status text; clients ignore it and it is not sent (RFC9112§4). */
  get statusText(): string {
    return this.#statusText;
  }

  /** The fields, open to changes until the response is sent. */
  get headers(): Headers {
    this.#headers ??= headersOf(this.#fields);
    return this.#headers;
  }

  /** The content as a stream; `null` where there is none. */
  get body(): ReadableStream<Uint8Array> | null {
    return this.#body === null ? null : this.#body.stream;
  }

  /** Whether any of the content was read. */
  get bodyUsed(): boolean {
    return this.#body?.used ?? false;
  }

  /**
   * A second response with the same content.
   * @throws {TypeError} where the content was used
   */
  clone(): WebResponse {
    const init = { status: this.#status, statusText: this.#statusText };
    const clone = new WebResponse(this.#body === null ? null : this.#body.clone(), init);
    if (this.#headers !== undefined && immutableHeaders.has(this.#headers)) clone.#headers = this.#headers;
    else clone.#fields = takeFields(this);
    return clone;
  }

  /** The content as text. */
  text(): Promise<string> {
    return readText(this.#body);
  }

  /** The content parsed as JSON. */
  json(): Promise<unknown> {
    return readJson(this.#body);
  }

  /** The content as an array buffer. */
  arrayBuffer(): Promise<ArrayBuffer> {
    return readArrayBuffer(this.#body);
  }

  /** The content as bytes. */
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return readBytes(this.#body);
  }

  /** The content as a blob of its content type. */
  blob(): Promise<Blob> {
    return readBlob(this.#body, this.headers.get('content-type'));
  }

  /** The content parsed as the form its content type names. */
  formData(): Promise<FormData> {
    return readFormData(this.#body, this.headers.get('content-type'));
  }
}

acceptInstances(WebResponse, NativeResponse);
standInFor<WebResponse>(WebResponse.prototype, NativeResponse.prototype, {
  method: nativeResponseOf,
  attribute: nativeResponseOf,
});

function nativeResponseOf(response: WebResponse): Response {
  const { body, status, statusText, headers } = response;
  return new NativeResponse(body, { status, statusText, headers });
}

function fieldsOfType(type: string): readonly string[] {
  // The same list each time: the head that has it need not be written again.
  if (type === TEXT_TYPE) return TEXT_FIELDS;
  return type === JSON_TYPE ? JSON_FIELDS : ['content-type', type];
}

/** Whether status and status text need no conversion and no refusal. */
function isPlain(init: ResponseInit, status: number | undefined, statusText: string | undefined): boolean {
  return (
    typeof init === 'object' &&
    (status === undefined || (Number.isInteger(status) && status >= 200 && status <= 599)) &&
    (statusText === undefined || (typeof statusText === 'string' && REASON_PHRASE.test(statusText)))
  );
}

/** What is unusual is accepted or refused by Node's class, all of it in one go. */
function nativeResponseWith(
  init: ResponseInit,
  members: { [Name in keyof ResponseInit]: unknown },
): Response {
  return new NativeResponse(null, typeof init === 'object' ? (members as ResponseInit) : init);
}

function fieldsOf(init: ResponseInit, headers: HeadersInit): readonly string[] {
  if (!(headers instanceof NativeHeaders)) return snapshotFields(headers);
  const isEncoded = isOfEncodedContent(headers) || (init instanceof NativeResponse && wasDecoded(init));
  return isEncoded ? withoutCoding(flatFields(headers)) : flatFields(headers);
}

/** The statuses a `Response` refuses a body for; the standard counts 205 among them (RFC9110§15.3.6). */
function isNullBodyStatus(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}
