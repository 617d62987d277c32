import { setTimeout as delay } from 'node:timers/promises';
import { firstAnswer } from '#exchange/first-answer.ts';
import type { Handler } from '#exchange/handler.ts';
import type { IncomingRequest } from '#exchange/incoming-request.ts';
import type { FetchApp } from '#fetch/fetch-app.ts';
import { createFetchHandler } from '#fetch/fetch-handler.ts';
import { isNodeApp, type NodeApp } from '#fetch/node-app.ts';
import type { ConnectionBoard } from '#net/connection-board.ts';
import type { CutRequest } from '#net/connection-set.ts';
import { publishFailure } from '#net/failure-events.ts';
import { HttpListener } from '#net/listener.ts';
import type { TrafficMeter } from '#net/traffic-meter.ts';
import { requestShed } from '#observe/events.ts';
import type { JobRunner } from '#pool/job-runner.ts';
import { isQueueFull } from '#pool/pool-errors.ts';
import type { CompressedContents } from '#static/compressed-contents.ts';
import { AccessLog, type AccessLogSeat } from './access-log.ts';
import { clientLimit } from './client-limit.ts';
import { compressAnswers } from './compressed-answers.ts';
import type { Context } from './context.ts';
import { rememberCurrent } from './current-request.ts';
import { bareFailure, detailedFailure } from './failure-reply.ts';
import { Forwarding } from './forwarding.ts';
import { nodeTaker, refuseAuth, refuseFolder } from './node-taker.ts';
import { type ContextSource, RequestContext } from './request-context.ts';
import { RequestIds } from './request-ids.ts';
import { type LimitedRequest, type RequestLimits, requestLimits } from './request-limits.ts';
import type { Settings } from './serve-options.ts';
import type { ServedPlan } from './served-plan.ts';
import type { LimitMemory } from './shared-limits.ts';
import { urlHost } from './url-host.ts';

/** What one thread serves. */
export interface SiteOptions {
  /** The app; without it the folder has the last word. */
  readonly app: FetchApp<Context> | NodeApp | undefined;
  /** What is served beside the app: a folder that is asked before it, virtual hosts. Beside a Node app nothing is. */
  readonly served: ServedPlan;
  /** What serves folders; needed where there are some, or passwords. */
  readonly folders?: typeof import('./host-handler.ts') | undefined;
  /** All options. */
  readonly settings: Settings;
  /** Which server thread this is. */
  readonly thread: number;
  /** The pool for the app's jobs. */
  readonly pool: JobRunner;
  /** Where the folder's files are compressed; `undefined` where they are not. */
  readonly compressed?: CompressedContents | undefined;
  /** Counts a complete request head; `false` leaves it unanswered. */
  readonly admit?: () => boolean;
  /** Where its exchanges are logged; `undefined` where they are not. */
  readonly accessLog?: AccessLogSeat | undefined;
  /** The number of its generation, from 1. @default 1 */
  readonly generation?: number;
  /** Where a supervisor sees what the thread is at; `undefined` where there is none. */
  readonly board?: ConnectionBoard;
  /** Counts what passes; `undefined` where nobody asks. */
  readonly meter?: TrafficMeter | undefined;
  /** What the thread counts of clients together with others; `undefined` where there is no other. */
  readonly limits?: LimitMemory | undefined;
}

/** Deadlines are looked at so many times within the shortest of them: one is kept to within a twentieth of it. */
const DEADLINE_PERIODS = 20;
const LONGEST_PERIOD_MS = 500;

/** The site of one thread: the way from its connections to folder and app, and the work that outlives answers. */
export class Site {
  readonly #settings: Settings;
  readonly #listener: HttpListener;
  readonly #work = new Set<Promise<unknown>>();
  readonly #limits: RequestLimits | undefined;

  /**
   * @param options what to serve and how
   * @throws {HeddleError} `ERR_HEDDLE_APP_NODE_STATIC` for a folder beside a Node app; `ERR_HEDDLE_OPTION` for a limit that limits
   *   nothing
   */
  constructor(options: SiteOptions) {
    const { settings, admit, board, meter, app, accessLog, thread, generation = 1 } = options;
    const forwarding = new Forwarding(settings.trustProxy);
    const ids = new RequestIds(forwarding);
    const handler = this.#handler(options, { thread, pool: options.pool, forwarding, ids });
    const periodMs = deadlinePeriod(settings);
    this.#settings = settings;
    const limits = requestLimits(settings, forwarding, options.limits?.buckets);
    this.#limits = limits;
    // Without a supervisor nobody asks, and a folder alone runs no code that could hang.
    const remembered = board === undefined || app === undefined ? handler : rememberCurrent(handler);
    const refusal = limits && ((request: LimitedRequest) => limits.refusal(request));
    const isWatched = board !== undefined;
    this.#listener = new HttpListener({
      handler: limits?.guard(remembered) ?? remembered,
      taker: isNode(app) ? nodeTaker(app, { settings, periodMs, isWatched, refusal }) : undefined,
      board,
      meter,
      exchanges:
        accessLog === undefined
          ? undefined
          : new AccessLog(accessLog, { ids, forwarding, thread, generation }),
      settings: { ...settings, limits: settings },
      deadlinePeriodMs: periodMs,
      maxConnections: settings.maxConnections,
      clientLimit: clientLimit(settings, forwarding, options.limits),
      onAccept: limits?.onAccept,
      ...(admit === undefined ? {} : { admit }),
    });
  }

  /** Accepts connections; closed by {@link drain}. */
  get listener(): HttpListener {
    return this.#listener;
  }

  /**
   * Ends well: every request in flight is answered, the work behind the answers is done, within `drainMs`.
   * @param idleGraceMs how long idle connections stay
   * @param cutShort where it resolves, what is left is cut at once
   * @returns the requests that were cut
   */
  async drain(idleGraceMs: number, cutShort?: Promise<void>): Promise<readonly CutRequest[]> {
    const deadline = new AbortController();
    const late = delay(this.#settings.drainMs, 'late' as const, { signal: deadline.signal, ref: false });
    late.catch(() => undefined);
    const done = this.#listener.drain(idleGraceMs).then(() => this.#settleWork());
    const cut = cutShort?.then(() => 'late' as const);
    const outcome = await Promise.race(cut === undefined ? [done, late] : [done, late, cut]);
    deadline.abort();
    this.#limits?.stop();
    return outcome === 'late' ? this.#listener.abort() : [];
  }

  /** What a client that names no host meant: RFC9112§3.3. */
  get #authority(): string {
    const address = this.#listener.address;
    return address === undefined ? 'localhost' : `${urlHost(address.address)}:${address.port}`;
  }

  async #settleWork(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  #handler(options: SiteOptions, source: ContextSource): Handler {
    const handlers: Handler[] = [];
    const { app, settings, compressed } = options;
    const { forwarding } = source;
    const { folder, accounts, hosts } = options.served;
    if (isNode(app)) {
      refuseFolder(folder?.root ?? hosts[0]?.folder.root);
      refuseAuth(settings.auth);
      return () => undefined;
    }
    const equipment = { settings, compressed };
    const { folders } = options;
    if (folder !== undefined && folders !== undefined)
      handlers.push(folders.folderHandler(folder, app === undefined, equipment));
    if (app !== undefined) {
      const answer = createFetchHandler<RequestContext>(app, {
        context: (request) => new RequestContext(request, source, this.#work),
        maxBodyBytes: settings.maxBodyBytes,
        fallbackAuthority: () => this.#authority,
        ...(settings.trustProxy === 0
          ? {}
          : { sourceOf: (request: IncomingRequest) => forwarding.sourceOf(request) }),
        trailers: (context) => context.replyTrailers,
        failureReply:
          process.env.NODE_ENV === 'development' ? detailedFailure : (_, request) => bareFailure(request),
        onError: (error, request) => publishFailure(request, error, 'answered 500'),
        isOverload: (error, { method, target }) => {
          if (!isQueueFull(error)) return false;
          if (requestShed.hasSubscribers) requestShed.publish({ reason: 'pool-queue', method, target });
          return true;
        },
      });
      handlers.push(settings.compress ? compressAnswers(answer) : answer);
    }
    const all = firstAnswer(handlers);
    if (folders === undefined) {
      // Never without a password that was asked for.
      if (folder !== undefined || hosts.length > 0 || accounts !== undefined)
        throw new Error('Nothing serves folders here.');
      return all;
    }
    const others = handlers.length === 0 ? undefined : folders.behindPassword(all, accounts);
    return folders.hostHandler(hosts, others, equipment);
  }
}

function isNode(app: SiteOptions['app']): app is NodeApp {
  return app !== undefined && isNodeApp(app);
}

function deadlinePeriod(settings: Settings): number {
  const { keepAliveMs, headMs, bodyIdleMs, writeStallMs, lingerMs, idleGraceMs, requestTimeoutMs } = settings;
  const shortest = Math.min(
    keepAliveMs,
    headMs,
    bodyIdleMs,
    writeStallMs,
    lingerMs,
    requestTimeoutMs === 0 ? Number.POSITIVE_INFINITY : requestTimeoutMs,
    Math.max(idleGraceMs, 200),
  );
  return Math.min(LONGEST_PERIOD_MS, Math.max(5, shortest / DEADLINE_PERIODS));
}
