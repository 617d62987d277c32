import type { IncomingRequest } from '#exchange/incoming-request.ts';
import { workFailed } from '#observe/events.ts';
import type { JobRunner } from '#pool/job-runner.ts';
import type { Context, HeadersInit } from './context.ts';
import type { Forwarding } from './forwarding.ts';
import type { RequestIds } from './request-ids.ts';

/** What a context knows of the thread that it is made in. */
export interface ContextSource {
  /** Which server thread this is. */
  readonly thread: number;
  /** The pool for the app's jobs. */
  readonly pool: JobRunner;
  /** What proxies tell. */
  readonly forwarding: Forwarding;
  /** What requests are called. */
  readonly ids: RequestIds;
}

/** What one request's app is told; made for each request, so it holds references and decodes nothing. */
export class RequestContext implements Context {
  readonly #request: IncomingRequest;
  readonly #source: ContextSource;
  readonly #work: Set<Promise<unknown>>;
  #signal: AbortSignal | undefined;
  #draining: AbortSignal | undefined;
  /** What makes the trailers of the answer, where the app gave any; flat, names in lower case. */
  replyTrailers: (() => string[]) | undefined;

  /**
   * @param request what the app answers
   * @param source the thread's
   * @param work where work is kept that outlives the answer
   */
  constructor(request: IncomingRequest, source: ContextSource, work: Set<Promise<unknown>>) {
    this.#request = request;
    this.#source = source;
    this.#work = work;
  }

  get ip(): string {
    return this.#source.forwarding.addressOf(this.#request);
  }

  get requestId(): string {
    return this.#source.ids.of(this.#request);
  }

  get thread(): number {
    return this.#source.thread;
  }

  get pool(): JobRunner {
    return this.#source.pool;
  }

  get env(): NodeJS.ProcessEnv {
    return process.env;
  }

  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      const controller = new AbortController();
      this.#signal = controller.signal;
      this.#request.onAbort((reason) => controller.abort(reason));
    }
    return this.#signal;
  }

  get draining(): AbortSignal {
    if (this.#draining === undefined) {
      const controller = new AbortController();
      this.#draining = controller.signal;
      this.#request.onDrain(() =>
        controller.abort(new DOMException('The server is ending its connections.', 'AbortError')),
      );
    }
    return this.#draining;
  }

  get trailers(): Headers {
    const fields = this.#request.body?.trailers ?? [];
    const headers = new Headers();
    for (let at = 0; at < fields.length; at += 2) headers.append(fields[at] ?? '', fields[at + 1] ?? '');
    return headers;
  }

  /** A function of its own, so that `const { sendTrailers } = context` works. */
  get sendTrailers(): Context['sendTrailers'] {
    return (trailers) => {
      // At once, so that fields which cannot be are seen by whoever gives them.
      const given = typeof trailers === 'function' ? undefined : flatFields(new Headers(trailers));
      this.replyTrailers = () => given ?? flatFields(new Headers((trailers as () => HeadersInit)()));
    };
  }

  /** A function of its own, so that `const { waitUntil } = context` works. */
  get waitUntil(): Context['waitUntil'] {
    return (work) => {
      const settled = Promise.resolve(work)
        .catch((error: unknown) => workFailed.publish({ error }))
        .finally(() => this.#work.delete(settled));
      this.#work.add(settled);
    };
  }
}

function flatFields(headers: Headers): string[] {
  return [...headers].flat();
}
