import { errorReply } from '#exchange/error-reply.ts';
import type { Handler } from '#exchange/handler.ts';
import { BodyError, type IncomingRequest } from '#exchange/incoming-request.ts';
import type { Reply } from '#exchange/reply.ts';
import { isContentTooLarge } from './content-too-large.ts';
import type { FetchApp } from './fetch-app.ts';
import { replyFromResponse } from './reply-from-response.ts';
import { RequestFault } from './request-fault.ts';
import { type RequestSource, WebRequest, type WebRequestOptions } from './web-request.ts';
import { isWebResponse } from './web-response.ts';

/** How {@link createFetchHandler} calls an app. */
export interface FetchHandlerOptions<C> {
  /** Makes what the app gets as second and third argument. */
  context(request: IncomingRequest): C;
  /** Told of every fault of the app that it did not answer for itself. It must not throw. */
  onError(error: unknown, request: IncomingRequest): void;
  /**
   * Makes the answer for a fault of the app that it did not answer for itself; called after {@link onError}. It must not
   * throw.
   * @default a bare 500
   */
  failureReply?(error: unknown, request: IncomingRequest): Reply;
  /**
   * Whether what an app threw says that the server has too much to do: then the client gets a 503 with `Retry-After`, and
   * {@link onError} hears nothing. It may count or log it.
   * @default nothing does
   */
  isOverload?(error: unknown, request: IncomingRequest): boolean;
  /**
   * The most bytes of content `text()`, `json()` and their like take; a stream is not bounded.
   * @default 10_485_760
   */
  readonly maxBodyBytes?: number;
  /**
   * The authority in `request.url` where the client named none: on HTTP/1.0, or with an empty Host. Called late: the
   * port may not be known before.
   * @default 'localhost'
   */
  fallbackAuthority?(): string;
  /**
   * By which scheme and for which host the client asked, where a proxy may say so; called when `request.url` is read.
   * @default the request's own
   */
  sourceOf?(request: IncomingRequest): RequestSource;
  /**
   * What makes the trailers of the answer, where the app gave its context any.
   * @default none
   */
  trailers?(context: C): Reply['trailers'];
}

/**
 * A fetch app as a handler. A `Response` that comes without a promise becomes a reply without one.
 *
 * A throw or rejection is answered by the app's `error`, else logged through `onError` and answered with a bare
 * 500; content over `maxBodyBytes` is a 413 and content the client broke off a 400, neither of them the app's
 * fault; too much to do is a 503. Whatever is not a sendable `Response` is logged and a 500.
 * @param app the app
 * @param options what it is called with
 */
export function createFetchHandler<C>(app: FetchApp<C>, options: FetchHandlerOptions<C>): Handler {
  const requestOptions: WebRequestOptions = {
    maxBodyBytes: options.maxBodyBytes ?? 10_485_760,
    get fallbackAuthority() {
      return options.fallbackAuthority?.() ?? 'localhost';
    },
    ...(options.sourceOf === undefined ? {} : { sourceOf: options.sourceOf }),
  };

  function answer(incoming: IncomingRequest): Reply | Promise<Reply> {
    let context: C;
    let returned: unknown;
    try {
      context = options.context(incoming);
      returned = app.fetch(new WebRequest(incoming, requestOptions), context, context);
    } catch (error) {
      return afterError(error, incoming);
    }
    if (isWebResponse(returned) || !isThenable(returned)) {
      return withTrailers(convert(returned, incoming), context);
    }
    return Promise.resolve(returned).then(
      (settled) => withTrailers(convert(settled, incoming), context),
      (error: unknown) => afterError(error, incoming),
    );
  }

  function withTrailers(reply: Reply, context: C): Reply {
    const trailers = options.trailers?.(context);
    return trailers === undefined ? reply : { ...reply, trailers };
  }

  function convert(returned: unknown, incoming: IncomingRequest): Reply {
    try {
      return replyFromResponse(returned);
    } catch (error) {
      return fail(error, incoming);
    }
  }

  function afterError(error: unknown, incoming: IncomingRequest): Reply | Promise<Reply> {
    if (error instanceof RequestFault) return errorReply(error.status);
    if (isContentTooLarge(error)) return errorReply(413);
    // The client broke off what it sent: nothing of the app's to log (RFC9110§15.5.1).
    if (error instanceof BodyError && error.code === 'body-incomplete') return errorReply(400);
    if (options.isOverload?.(error, incoming) === true) return errorReply(503, RETRY_SOON);
    if (app.error === undefined) return fail(error, incoming);
    let returned: unknown;
    try {
      returned = app.error(error);
    } catch (second) {
      return failTwice(error, second, incoming);
    }
    if (!isThenable(returned)) return convert(returned, incoming);
    return Promise.resolve(returned).then(
      (settled) => convert(settled, incoming),
      (second: unknown) => failTwice(error, second, incoming),
    );
  }

  /** Both are logged: the error in the app's `error` must not hide the one it was called for. */
  function failTwice(first: unknown, second: unknown, incoming: IncomingRequest): Reply {
    options.onError(first, incoming);
    return fail(second, incoming);
  }

  function fail(error: unknown, incoming: IncomingRequest): Reply {
    options.onError(error, incoming);
    return options.failureReply?.(error, incoming) ?? errorReply(500);
  }

  return answer;
}

/** A queue of short jobs is shorter in a second (RFC9110§10.2.3). */
const RETRY_SOON = ['retry-after', '1'];

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
