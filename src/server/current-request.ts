import { AsyncLocalStorage } from 'node:async_hooks';
import type { Handler } from '#exchange/handler.ts';
import type { IncomingRequest } from '#exchange/incoming-request.ts';

const storage = new AsyncLocalStorage<IncomingRequest>();
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

/** Lets {@link CURRENT_REQUEST_EXPRESSION} find what this thread is at. */
export function showCurrentRequest(): void {
  Object.defineProperty(globalThis, HOOK, {
    value: () => {
      const request = storage.getStore();
      return request === undefined ? undefined : `${request.method} ${request.target}`;
    },
  });
}
