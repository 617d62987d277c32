import { acceptInstances } from './native-members.ts';
import { isWebRequest, nativeRequestOf, type WebRequest } from './web-request.ts';
import { WebResponse } from './web-response.ts';

const NativeRequest = globalThis.Request;

type RequestInput = ConstructorParameters<typeof Request>[0] | WebRequest;

/**
 * The global `Request` of a server thread: Node's own class, which also takes a request that came in, as
 * `new Request(request, { headers })` does.
 */
class GlobalRequest extends NativeRequest {
  constructor(input: RequestInput, init?: RequestInit) {
    super(isWebRequest(input) ? nativeRequestOf(input) : input, init);
  }
}
acceptInstances(GlobalRequest, NativeRequest, 'Request');

/**
 * Makes our `Request` and `Response` the globals of this thread, and lets `fetch()` take our `Request`. Node's
 * classes, where somebody holds them, and what they make keep working and keep being `instanceof` the globals.
 * @returns puts back what was there
 */
export function installWebGlobals(): () => void {
  const { Request, Response, fetch } = globalThis;
  setGlobals({ Request: GlobalRequest, Response: WebResponse, fetch: fetchThrough(fetch) });
  return () => setGlobals({ Request, Response, fetch });
}

function setGlobals(values: Readonly<Record<'Request' | 'Response' | 'fetch', unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  }
}

/** `fetch` that takes our requests as well: Node's own would take one for its own and look for its inside. */
function fetchThrough(nativeFetch: typeof fetch): (...args: Parameters<typeof fetch>) => Promise<Response> {
  return async function fetch(...args) {
    const [input, ...rest] = args;
    return isWebRequest(input) ? nativeFetch(nativeRequestOf(input), ...rest) : nativeFetch(...args);
  };
}
