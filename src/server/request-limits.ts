import { errorReply } from '#exchange/error-reply.ts';
import type { Handler } from '#exchange/handler.ts';
import type { IncomingRequest } from '#exchange/incoming-request.ts';
import { type Reply, ReplyMemo } from '#exchange/reply.ts';
import { requestLimited, requestShed } from '#observe/events.ts';
import { type ClientKey, clientKey } from '#semantics/client-key.ts';
import type { Forwarding } from './forwarding.ts';
import { LoadShedder } from './load-shedder.ts';
import { LoopPasses } from './loop-passes.ts';
import { randomSeed } from './random-seed.ts';
import { parseRate, type Rate } from './rate-value.ts';
import type { Settings } from './serve-options.ts';
import { TokenBuckets } from './token-buckets.ts';

/** What is asked of a request that may be refused. */
export type LimitedRequest = Pick<IncomingRequest, 'method' | 'target' | 'remoteAddress' | 'field'>;

/** The name of the one policy there is; clients show it. */
const POLICY = '"default"';
/** So many addresses are remembered as keys: reading one costs a microsecond. */
const MOST_KEYS = 4096;
/** The shortest that a client can be asked to wait: the next pass of the loop may be on time. */
const SHED_RETRY_SECONDS = 1;

/** Refuses requests before anything is asked for an answer: of clients that ask too often, and those that come too late. */
export class RequestLimits {
  readonly #rate: RateLimit | undefined;
  readonly #shedder: LoadShedder | undefined;
  readonly #passes: LoopPasses | undefined;
  readonly #shedReply: Reply = {
    ...errorReply(503, ['retry-after', String(SHED_RETRY_SECONDS)]),
    memo: new ReplyMemo(),
  };

  /** Use {@link requestLimits}. */
  constructor(rate: RateLimit | undefined, shedder: LoadShedder | undefined) {
    this.#rate = rate;
    this.#shedder = shedder;
    this.#passes = shedder && new LoopPasses(shedder);
  }

  /**
   * The answer to a request that is refused.
   * @returns `undefined` where it is not
   */
  refusal(request: LimitedRequest): Reply | undefined {
    // Also while the thread lags: who asks too often is told so, and not that it is our fault.
    const limited = this.#rate?.refusal(request);
    if (limited !== undefined || this.#shedder?.isLate(performance.now()) !== true) return limited;
    if (requestShed.hasSubscribers) {
      requestShed.publish({ reason: 'lag', method: request.method, target: request.target });
    }
    return this.#shedReply;
  }

  /** A handler that is asked for the rest. */
  guard(handler: Handler): Handler {
    return (request) => this.refusal(request) ?? handler(request);
  }

  /** To be called for each connection that is accepted; `undefined` where nothing depends on it. */
  get onAccept(): (() => void) | undefined {
    const passes = this.#passes;
    return passes && (() => passes.onAccept());
  }

  /** Ends the looks at the loop, when all requests are answered. */
  stop(): void {
    this.#passes?.stop();
  }
}

/**
 * The limits of requests, as the options say.
 * @param settings all options
 * @param forwarding says whom a proxy asks for
 * @param buckets memory that all threads share; where there is none this thread has its own
 * @returns `undefined` where there are none, and nothing need be asked
 */
export function requestLimits(
  settings: Settings,
  forwarding: Forwarding,
  buckets?: SharedArrayBuffer,
): RequestLimits | undefined {
  const { rateLimit, shedLagMs } = settings;
  const rate = parseRate(rateLimit);
  if (rate === undefined && shedLagMs === 0) return undefined;
  return new RequestLimits(
    rate === undefined ? undefined : new RateLimit(rate, forwarding, buckets),
    shedLagMs === 0 ? undefined : new LoadShedder(shedLagMs, performance.now()),
  );
}

/** Refuses requests of clients that ask more often than they may. */
class RateLimit {
  readonly #buckets: TokenBuckets;
  readonly #forwarding: Forwarding;
  readonly #policy: string;
  readonly #keys = new Map<string, ClientKey | undefined>();

  constructor(
    rate: Rate,
    forwarding: Forwarding,
    buckets: SharedArrayBuffer = TokenBuckets.allocate(randomSeed()),
  ) {
    this.#buckets = new TokenBuckets(buckets, rate);
    this.#forwarding = forwarding;
    this.#policy = `${POLICY};q=${rate.count};w=${rate.windowMs / 1000}`;
  }

  refusal(request: LimitedRequest): Reply | undefined {
    const client = this.#forwarding.addressOf(request);
    const key = this.#keyOf(client);
    // Nobody knows who it is, and all such clients together are no client.
    if (key === undefined) return undefined;
    const waitMs = this.#buckets.take(key, Math.floor(performance.now()));
    if (waitMs === 0) return undefined;
    const { method, target } = request;
    if (requestLimited.hasSubscribers) requestLimited.publish({ method, target, client });
    const seconds = Math.ceil(waitMs / 1000);
    return errorReply(429, [
      ...['retry-after', String(seconds)],
      ...['ratelimit-policy', this.#policy],
      ...['ratelimit', `${POLICY};r=0;t=${seconds}`],
    ]);
  }

  #keyOf(address: string): ClientKey | undefined {
    const known = this.#keys.get(address);
    if (known !== undefined) return known;
    const key = clientKey(address);
    if (this.#keys.size >= MOST_KEYS) this.#keys.clear();
    this.#keys.set(address, key);
    return key;
  }
}
