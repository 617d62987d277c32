import { noteFetched } from './decoded-content.ts';
import { hasConnectionFields, withoutConnectionFields } from './forwarded-request.ts';
import { isWebRequest, nativeRequestOf, nativeRequestWithoutContent, WebRequest } from './web-request.ts';
import { WebResponse } from './web-response.ts';

const NativeRequest = globalThis.Request;
const NativeResponse = globalThis.Response;

type FetchArguments = Parameters<typeof fetch>;

function requestWith(given: unknown[], newTarget: Parameters<typeof Reflect.construct>[2]): Request {
  const [input, ...rest] = given;
  const [init] = rest as [RequestInit?];
  const content = init?.body;
  const args = given.length > 0 ? [isWebRequest(input) ? nativeOf(input, content) : input, ...rest] : given;
  const request: Request = Reflect.construct(NativeRequest, args, newTarget);
  // The length of other content, which Node would send beside the true one; the standard lets nobody set it.
  if (hasKnownLength(content)) request.headers.delete('content-length');
  return request;
}

/**
 * The global `Request` of a server thread: Node's own class, which also takes a request that came in, as
 * `new Request(request, { headers })` does. Its prototype is that of Node's, which a class of ours could not have: what
 * an app adds to `Request.prototype` is there on every request.
 */
const GlobalRequest = function Request(...given: unknown[]): Request {
  if (new.target === undefined)
    throw new TypeError("Class constructor Request cannot be invoked without 'new'");
  return requestWith(given, new.target);
} as unknown as typeof NativeRequest;
Object.setPrototypeOf(GlobalRequest, NativeRequest);
Object.defineProperty(GlobalRequest, 'prototype', { value: NativeRequest.prototype, writable: false });
Object.defineProperty(GlobalRequest, 'length', { value: NativeRequest.length });
Object.defineProperty(WebRequest.prototype, 'constructor', { value: GlobalRequest });

interface WebGlobals {
  readonly Request: unknown;
  readonly Response: unknown;
  readonly fetch: typeof fetch;
}

/** How many want them installed, what is installed, and what was there before. */
let installations = 0;
let ours: WebGlobals | undefined;
let before: WebGlobals | undefined;

/**
 * Makes our `Request` and `Response` the globals of this thread, and lets `fetch()` take our `Request`. Node's
 * classes, where somebody holds them, and what they make keep working and keep being `instanceof` the globals. It may
 * be called several times.
 * @returns puts back what was there, once all have asked for it; what somebody else put there since then stays
 */
export function installWebGlobals(): () => void {
  installations += 1;
  if (installations === 1) {
    const { Request, Response, fetch } = globalThis;
    before = { Request, Response, fetch };
    ours = { Request: GlobalRequest, Response: WebResponse, fetch: fetchThrough(fetch) };
    replaceGlobals(before, ours);
    setConstructors(GlobalRequest, WebResponse);
  }
  let isInstalled = true;
  return () => {
    if (!isInstalled) return;
    isInstalled = false;
    installations -= 1;
    if (installations > 0 || ours === undefined || before === undefined) return;
    replaceGlobals(ours, before);
    setConstructors(NativeRequest, NativeResponse);
  };
}

function replaceGlobals(old: WebGlobals, next: WebGlobals): void {
  for (const name of ['Request', 'Response', 'fetch'] as const) {
    if (globalThis[name] !== old[name]) continue;
    Object.defineProperty(globalThis, name, {
      value: next[name],
      writable: true,
      configurable: true,
      enumerable: false,
    });
  }
}

/** What Node's classes make has the globals for its `constructor`, as everywhere. */
function setConstructors(request: unknown, response: unknown): void {
  Object.defineProperty(NativeRequest.prototype, 'constructor', { value: request });
  Object.defineProperty(NativeResponse.prototype, 'constructor', { value: response });
}

/**
 * `fetch` that takes our requests as well, where Node's own would look for the inside of its own, and passes them on as
 * a proxy must.
 */
function fetchThrough(nativeFetch: typeof fetch): (...args: FetchArguments) => Promise<Response> {
  return async function fetch(...args) {
    const response = await nativeFetch(...passedOn(args));
    noteFetched(response);
    return response;
  };
}

/** What to call Node's `fetch` with: the same, unless something in it is ours, or not to be passed on. */
function passedOn(args: FetchArguments): FetchArguments {
  const [input, init] = args;
  const headers = init?.headers ?? (input instanceof NativeRequest ? input.headers : undefined);
  if (!isWebRequest(input) && !hasConnectionFields(headers, hasKnownLength(init?.body))) return args;
  return [withoutConnectionFields(new GlobalRequest(input, init))];
}

function nativeOf(request: WebRequest, content: unknown): Request {
  const isReplaced = content !== undefined && content !== null;
  return isReplaced ? nativeRequestWithoutContent(request) : nativeRequestOf(request);
}

/** Whether content is not made over time, so that Node knows its length. */
function hasKnownLength(content: unknown): boolean {
  if (content === undefined || content === null) return false;
  return typeof content !== 'object' || !(Symbol.asyncIterator in content);
}
