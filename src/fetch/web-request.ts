import type { IncomingRequest } from '#exchange/incoming-request.ts';
import { readArrayBuffer, readBlob, readBytes, readJson, readSentForm, readText } from './body-readers.ts';
import { standInFor } from './native-members.ts';
import { checkAuthority } from './request-fault.ts';
import { RequestHeaders } from './request-headers.ts';
import { WebBody } from './web-body.ts';

const NativeRequest = globalThis.Request;
const NativeHeaders = globalThis.Headers;

/** From where the first half of a request's URL is taken: the request itself, or what a proxy said. */
export type RequestSource = Pick<IncomingRequest, 'scheme' | 'authority'>;

/** What a {@link WebRequest} needs to know beside the request itself. */
export interface WebRequestOptions {
  /** The most bytes `text()`, `json()` and their like hold in memory. */
  readonly maxBodyBytes: number;
  /** The authority for `url` where the client named none: on HTTP/1.0, or with an empty Host. */
  readonly fallbackAuthority: string;
  /**
   * By which scheme and for which host the client asked; called once, when `url` is read.
   * @default the request's own
   */
  sourceOf?(incoming: IncomingRequest): RequestSource;
}

/** Whether a value is a request as the handler makes it. */
export let isWebRequest: (value: unknown) => value is WebRequest;

/**
 * A request that came in, as the standard's `Request`. Nothing is decoded or allocated before it is read. It
 * behaves as Node's own class, of which its objects are instances; what only a request that is to be sent has
 * (`mode`, `cache`, ...) has the standard's defaults.
 *
 * The content of a GET or HEAD is not exposed (RFC9110§9.3.1): `body` is `null`.
 */
export class WebRequest implements Request {
  declare readonly cache: Request['cache'];
  declare readonly credentials: Request['credentials'];
  declare readonly destination: Request['destination'];
  declare readonly integrity: Request['integrity'];
  declare readonly keepalive: Request['keepalive'];
  declare readonly mode: Request['mode'];
  declare readonly redirect: Request['redirect'];
  declare readonly referrer: Request['referrer'];
  declare readonly referrerPolicy: Request['referrerPolicy'];
  declare readonly duplex: Request['duplex'];
  declare readonly textStream: Request['textStream'];
  readonly #incoming: IncomingRequest;
  readonly #options: WebRequestOptions;
  #url: string | undefined;
  #headers: Headers | undefined;
  #signal: AbortSignal | undefined;
  /** `undefined`: not looked at yet. */
  #body: WebBody | null | undefined;

  /**
   * @param incoming what the connection read
   * @param options limits and the fallback authority
   */
  constructor(incoming: IncomingRequest, options: WebRequestOptions) {
    this.#incoming = incoming;
    this.#options = options;
  }

  static {
    isWebRequest = (value): value is WebRequest =>
      typeof value === 'object' && value !== null && #incoming in value;
  }

  /** The method as sent (RFC9110§9.1). */
  get method(): string {
    return this.#incoming.method;
  }

  /**
   * The target URI (RFC9110§7.1), joined from the connection's scheme, the checked authority and the path as
   * sent. It is never resolved: a path that starts with `//` must not become another host.
   * @throws {UnusableHostError} where the client named a host that no URL can have; let it escape, and it gets a 400
   */
  get url(): string {
    if (this.#url === undefined) {
      const { path } = this.#incoming;
      const { scheme, authority } = this.#options.sourceOf?.(this.#incoming) ?? this.#incoming;
      // RFC9112§3.3: the target URI of the asterisk-form has no path.
      const pathname = path === '*' ? '/' : path;
      if (authority !== '') checkAuthority(authority);
      this.#url = `${scheme}://${authority === '' ? this.#options.fallbackAuthority : authority}${pathname}`;
    }
    return this.#url;
  }

  /** The fields. */
  get headers(): Headers {
    this.#headers ??= RequestHeaders.of(this.#incoming);
    return this.#headers;
  }

  /**
   * Aborted when the exchange ends before its answer was sent whole; where its answer did not begin in time, with a
   * `DOMException` named `TimeoutError`.
   */
  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      const controller = new AbortController();
      this.#signal = controller.signal;
      this.#incoming.onAbort((reason) => controller.abort(reason));
    }
    return this.#signal;
  }

  /**
   * The content as a stream, of any length; `null` where there is none. Reading it is what makes the connection
   * read on.
   */
  get body(): ReadableStream<Uint8Array> | null {
    return this.#content()?.stream ?? null;
  }

  /** Whether any of the content was read. */
  get bodyUsed(): boolean {
    return this.#body?.used ?? false;
  }

  /**
   * A second request with the same content.
   * @throws {TypeError} where the content was used
   */
  clone(): WebRequest {
    const clone = new WebRequest(this.#incoming, this.#options);
    clone.#body = this.#content()?.clone() ?? null;
    if (this.#headers !== undefined) clone.#headers = new NativeHeaders(this.#headers);
    return clone;
  }

  /** The content as text. Rejects with `ERR_HEDDLE_CONTENT_TOO_LARGE` over the limit, as all of its kind do. */
  text(): Promise<string> {
    return readText(this.#content());
  }

  /** The content parsed as JSON. */
  json(): Promise<unknown> {
    return readJson(this.#content());
  }

  /** The content as an array buffer. */
  arrayBuffer(): Promise<ArrayBuffer> {
    return readArrayBuffer(this.#content());
  }

  /** The content as bytes. */
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return readBytes(this.#content());
  }

  /** The content as a blob of its content type. */
  blob(): Promise<Blob> {
    return readBlob(this.#content(), this.headers.get('content-type'));
  }

  /**
   * The content parsed as the form its content type names. Rejects with `ERR_HEDDLE_FORM_FIELDS` where one in
   * `application/x-www-form-urlencoded` has more than 10,000 fields.
   */
  formData(): Promise<FormData> {
    return readSentForm(this.#content(), this.headers.get('content-type'));
  }

  #content(): WebBody | null {
    if (this.#body === undefined) {
      const { body, method } = this.#incoming;
      this.#body =
        body === undefined || method === 'GET' || method === 'HEAD'
          ? null
          : WebBody.fromIncoming(body, this.#options.maxBodyBytes);
    }
    return this.#body;
  }
}

Object.defineProperty(WebRequest, 'name', { value: 'Request', configurable: true });
standInFor<WebRequest>(WebRequest.prototype, NativeRequest.prototype, {
  method: nativeRequestOf,
  attribute: defaults,
});

/**
 * Node's own `Request` with the same content, to hand to what takes no other: `fetch()`, `new Request(...)`.
 * Reading one uses the other.
 * @param request a request that came in
 * @throws {TypeError} where its content was used, or its URL does not parse
 */
export function nativeRequestOf(request: WebRequest): Request {
  const { method, headers, body, signal } = request;
  return new NativeRequest(request.url, { method, headers, body, signal, duplex: 'half' });
}

/**
 * Node's own `Request` without the content, for one that gets other content: this one's is left alone.
 * @param request a request that came in
 * @throws {TypeError} where its URL does not parse
 */
export function nativeRequestWithoutContent(request: WebRequest): Request {
  const { method, headers, signal } = request;
  return new NativeRequest(request.url, { method, headers, signal });
}

let defaultRequest: Request | undefined;

/** A request in which nothing is set; its attributes are the standard's defaults. */
function defaults(): Request {
  defaultRequest ??= new NativeRequest('http://localhost/');
  return defaultRequest;
}
