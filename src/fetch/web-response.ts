import type { ReplyBody } from '#exchange/reply.ts';
import { readArrayBuffer, readBlob, readBytes, readFormData, readJson, readText } from './body-readers.ts';
import { acceptInstances, standInFor } from './native-members.ts';
import { flatFields, hasField, headersOf, snapshotFields } from './response-fields.ts';
import { type BodyInit, WebBody } from './web-body.ts';

const NativeResponse = globalThis.Response;

const NO_FIELDS: readonly string[] = [];
const TEXT_TYPE = 'text/plain;charset=UTF-8';
const TEXT_FIELDS: readonly string[] = ['content-type', TEXT_TYPE];

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
  readonly #status: number;
  readonly #statusText: string;
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
      this.#status = 200;
      this.#statusText = '';
      this.#fields = type === null ? NO_FIELDS : fieldsOfType(type);
      return;
    }
    // What is unusual is accepted or refused by Node's class, all of it in one go.
    const plain = isPlainInit(init) ? init : new NativeResponse(null, init);
    this.#status = plain.status ?? 200;
    this.#statusText = plain.statusText ?? '';
    const fields = fieldsOf(plain);
    if (this.#body !== null && isNullBodyStatus(this.#status)) {
      throw new TypeError(`Response constructor: Invalid response status code ${this.#status}`);
    }
    this.#fields =
      type === null || hasField(fields, 'content-type') ? fields : [...fields, 'content-type', type];
  }

  static {
    isWebResponse = (value): value is WebResponse =>
      typeof value === 'object' && value !== null && #fields in value;
    takeFields = (response) =>
      response.#headers === undefined ? response.#fields : flatFields(response.#headers);
    takeBody = (response) => (response.#body === null ? undefined : response.#body.take());
    bodyLength = (response) => response.#body?.length;
  }

  /**
   * A response of a value as JSON.
   * @param data what `JSON.stringify` takes
   * @throws {TypeError} at a value that has no JSON
   */
  static json(data: unknown, init?: ResponseInit): Response {
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError('Value is not JSON serializable');
    return new WebResponse(WebBody.fromText(text, 'application/json'), init);
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
    clone.#fields = takeFields(this);
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

acceptInstances(WebResponse, NativeResponse, 'Response');
standInFor<WebResponse>(WebResponse.prototype, NativeResponse.prototype, {
  method: nativeResponseOf,
  attribute: nativeResponseOf,
});

function nativeResponseOf(response: WebResponse): Response {
  const { body, status, statusText, headers } = response;
  return new NativeResponse(body, { status, statusText, headers });
}

function fieldsOfType(type: string): readonly string[] {
  return type === TEXT_TYPE ? TEXT_FIELDS : ['content-type', type];
}

function fieldsOf(init: ResponseInit): readonly string[] {
  // Another response of ours holds its fields checked and never changes the list.
  if (isWebResponse(init)) return takeFields(init);
  return init.headers === undefined ? NO_FIELDS : snapshotFields(init.headers);
}

/** Whether status and status text need no conversion and no refusal. */
function isPlainInit(init: ResponseInit): boolean {
  if (typeof init !== 'object') return false;
  const { status, statusText } = init;
  return (
    (status === undefined || (Number.isInteger(status) && status >= 200 && status <= 599)) &&
    (statusText === undefined || (typeof statusText === 'string' && REASON_PHRASE.test(statusText)))
  );
}

/** The statuses a `Response` refuses a body for; the standard counts 205 among them (RFC9110§15.3.6). */
function isNullBodyStatus(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}
