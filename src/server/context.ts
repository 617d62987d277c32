import type { JobRunner } from '#pool/job-runner.ts';
import type { Settings } from './serve-options.ts';

/**
 * What the server tells an app beside the request: the second argument of `fetch`, and the third as well, where
 * frameworks look for `waitUntil`.
 * @typeParam Jobs the type of the app's tasks module, `typeof import('./tasks.ts')`
 */
export interface Context<Jobs extends object = Record<never, never>> {
  /**
   * The client's address: that of the peer, or what the proxies before it tell that `trustProxy` names. Empty for a peer
   * on a Unix domain socket that tells none.
   */
  readonly ip: string;
  /**
   * What the request is called in logs: the `X-Request-Id` of a trusted proxy, else a new name, of 1 to 128 characters
   * without blanks or quotes.
   */
  readonly requestId: string;
  /** Which server thread answers, from 0. */
  readonly thread: number;
  /**
   * The one pool of the process, for jobs that compute or block. A job outlives its request, unless it is given
   * {@link Context.signal}: then it leaves the queue when the request is aborted, or is given up where it runs already.
   * @example
   * const digest = await context.pool.execute('hash', [text], { signal: context.signal });
   */
  readonly pool: JobRunner<Jobs>;
  /**
   * Aborts when the client goes before the answer is out, or the server cuts it; with a `DOMException` named
   * `TimeoutError` when the answer has not begun within `requestTimeoutMs`.
   */
  readonly signal: AbortSignal;
  /**
   * Aborts when this thread takes no more connections and waits for its answers: at a shutdown, at a reload, or when the
   * thread is replaced. An answer without an end, such as a stream of events, ends then, for what is left behind
   * `drainMs` is cut. All other answers just go on. It hears nothing once its answer is out; one that is read first
   * during a drain has aborted.
   * @example
   * context.draining.addEventListener('abort', () => controller.close());
   */
  readonly draining: AbortSignal;
  /** The environment variables. */
  readonly env: NodeJS.ProcessEnv;
  /**
   * Lets work go on after the answer; a shutdown waits for it, within its deadline.
   * @param work a rejection is logged
   */
  waitUntil(work: Promise<unknown>): void;
  /**
   * The trailer fields of the request; complete once its content was read to its end, empty before. Those that frame,
   * route or authorize a message are not among them (RFC9110§6.5.1).
   */
  readonly trailers: Headers;
  /**
   * Sends fields behind the content of the answer, to a client that takes them (`TE: trailers`); to others they are
   * not sent. Nor behind an answer with a `content-length`, which one of a blob has; fields that frame, route or
   * authorize are left out.
   * @param trailers the fields, or a function that makes them when the content is at its end
   * @example
   * context.sendTrailers(() => ({ 'x-checksum': digest.digest('hex') }));
   */
  sendTrailers(trailers: HeadersInit | (() => HeadersInit)): void;
}

/** What `new Headers()` takes. */
export type HeadersInit = ConstructorParameters<typeof Headers>[0];

/**
 * A module's default export: an app, and options beside it.
 *
 * @typeParam Jobs the type of its tasks module, `typeof import('./tasks.ts')`
 * @example
 * export default {
 *   fetch: () => new Response('Hello'),
 * } satisfies HeddleApp;
 */
export interface HeddleApp<Jobs extends object = Record<never, never>>
  extends Partial<Omit<Settings, 'threadMemoryMb'>> {
  /**
   * Answers a request.
   * @param request the request
   * @param context what the server knows beside it
   */
  fetch(request: Request, context: Context<Jobs>): Response | Promise<Response>;
  /**
   * Answers where `fetch` threw.
   * @param error what was thrown
   */
  error?(error: unknown): Response | Promise<Response>;
  /** A folder that is asked for a file before `fetch` is called; relative to the module. */
  static?: string | URL;
  /** The module whose exported functions are the pool's jobs; relative to the module. */
  tasks?: string | URL;
  /** Called in each server thread before it takes connections. */
  ready?(): unknown;
  /** Called in each server thread when its last connection is gone. */
  close?(): unknown;
}
