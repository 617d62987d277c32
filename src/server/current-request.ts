import { AsyncLocalStorage } from 'node:async_hooks';
import type { Handler } from '#exchange/handler.ts';
import type { IncomingRequest } from '#exchange/incoming-request.ts';

/** What is told of a request. */
type NamedRequest = Pick<IncomingRequest, 'method' | 'target'>;

const storage = new AsyncLocalStorage<NamedRequest>();
const HOOK = Symbol.for('heddle.current-request');

/** What a debugger evaluates in a thread that was stopped: `GET /path` of the request that is at work there, or nothing. */
export const CURRENT_REQUEST_EXPRESSION = `globalThis[Symbol.for('heddle.current-request')]?.()`;

/**
 * A handler that can be asked which request its thread is at, also behind several `await`s and among others in flight.
 * It costs some 40 ns a request.
 */
export function rememberCurrent(handler: Handler): Handler {
  return (request) => storage.run(request, handler, request);
}

/**
 * Calls a function as what its thread is at for a request.
 * @param request which; one without a method is none, and may become one
 * @param call the function
 * @param args its arguments
 */
export function asCurrent<Args extends unknown[]>(
  request: NamedRequest,
  call: (...args: Args) => void,
  ...args: Args
): void {
  storage.run(request, call, ...args);
}

/**
 * Lets {@link CURRENT_REQUEST_EXPRESSION} find what this thread is at.
 * @param onLook called before the answer: whoever asks is about to go by what the thread shows of itself
 */
export function showCurrentRequest(onLook: () => void): void {
  Object.defineProperty(globalThis, HOOK, {
    value: () => {
      onLook();
      const request = storage.getStore();
      return request === undefined || request.method === ''
        ? undefined
        : `${request.method} ${request.target}`;
    },
  });
}
