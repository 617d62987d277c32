/**
 * An app in the form the web platform's servers share: one function from a standard `Request` to a standard
 * `Response`.
 *
 * @typeParam C what the server tells the app beside the request. It is passed twice, as the second and the third
 * argument, because frameworks expect their environment in the second and an execution context in the third.
 *
 * @example
 * const app: FetchApp<unknown> = { fetch: () => new Response('Hello') };
 */
export interface FetchApp<C> {
  /**
   * Answers a request. A `Response` that is returned without a promise is written in the same tick.
   * @param request the request; nothing of it is decoded before it is read
   * @param context what the server tells the app
   * @param executionContext the same object as `context`
   */
  fetch(request: Request, context: C, executionContext: C): Response | Promise<Response>;
  /**
   * Answers in place of a `fetch` that threw or rejected. Without it the client gets a bare 500 and the error is
   * logged; with it, logging is the app's own affair.
   * @param error what was thrown
   */
  error?(error: unknown): Response | Promise<Response>;
}
