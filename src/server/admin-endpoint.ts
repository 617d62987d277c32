import { setTimeout as delay } from 'node:timers/promises';
import { errorReply } from '#exchange/error-reply.ts';
import type { IncomingRequest } from '#exchange/incoming-request.ts';
import type { Reply } from '#exchange/reply.ts';
import { HttpListener } from '#net/listener.ts';
import { describeError } from '#observe/error-text.ts';
import type { Log } from '#observe/log.ts';
import { formatMetrics, METRICS_MEDIA_TYPE, type Metric } from '#observe/prometheus-text.ts';
import { isLoopback, parseAdminAddress } from './admin-address.ts';
import { isFromOtherPage, isOwnHost } from './admin-host.ts';
import { bindError } from './bind-error.ts';
import { resolveHost } from './listening-place.ts';
import type { LiveFeed } from './live-feed.ts';
import { livePage } from './live-page.ts';
import type { Readiness } from './readiness.ts';
import { settleConfig } from './server-config.ts';
import type { ThreadReporter } from './thread-report.ts';
import { urlHost } from './url-host.ts';

/** What the admin endpoint tells of. */
export interface AdminSources {
  /** Whether requests should be sent to the server. */
  readonly readiness: Readiness;
  /** What is known of the threads. */
  readonly threads: ThreadReporter;
  /** What the process has done so far. */
  readonly metrics: () => readonly Metric[];
  /** What the live view shows. */
  readonly live: LiveFeed;
  /** Where its own failures are logged. */
  readonly log: Log;
}

/** Those who ask are few. */
const MAX_CONNECTIONS = 100;
/** A probe that keeps its connection open does not hold up the exit. */
const LINGER_MS = 200;
const CLOSE_MS = 500;
/** No page of another origin reads any of this, and none guesses at what it is. */
const GUARDED = [
  ...['cache-control', 'no-store', 'cross-origin-resource-policy', 'same-origin'],
  ...['x-content-type-options', 'nosniff', 'referrer-policy', 'no-referrer'],
] as const;

/**
 * The live view, `/livez`, `/readyz`, `/threads` and `/metrics`, answered by the supervisor's own thread on a socket of its
 * own. No code of an app runs here, so it answers while every server thread hangs.
 */
export class AdminEndpoint {
  readonly #sources: AdminSources;
  readonly #listener: HttpListener;
  readonly #host: string;

  private constructor(sources: AdminSources, host: string) {
    this.#sources = sources;
    this.#host = host;
    const { settings } = settleConfig([]);
    this.#listener = new HttpListener({
      handler: (request) => this.#answer(request),
      settings: { ...settings, lingerMs: LINGER_MS, limits: settings },
      deadlinePeriodMs: LINGER_MS / 2,
      maxConnections: MAX_CONNECTIONS,
    });
  }

  /**
   * Opens it.
   * @param address as the option `admin` says
   * @param sources what to tell of
   * @throws {HeddleError} `ERR_HEDDLE_PORT_IN_USE`, `ERR_HEDDLE_PORT_DENIED`, `ERR_HEDDLE_ADDRESS`
   */
  static async open(address: string, sources: AdminSources): Promise<AdminEndpoint> {
    const wanted = parseAdminAddress(address);
    if (wanted === undefined) throw new RangeError(`${address} is no address.`);
    const endpoint = new AdminEndpoint(sources, wanted.host);
    let numeric: string | undefined;
    try {
      numeric = await resolveHost(wanted.host);
      await endpoint.#listener.listen({ host: numeric, port: wanted.port });
    } catch (error) {
      throw bindError(error, { ...wanted, address: numeric, flag: '--admin' });
    }
    sources.live.start();
    if (!isLoopback(numeric)) {
      sources.log.write(
        'warning',
        `--admin ${address}: other machines reach the admin endpoint, and it asks nobody who they are`,
      );
    }
    return endpoint;
  }

  /** Where it answers, with a slash at the end. */
  get url(): string {
    const { address = '', port = 0 } = this.#listener.address ?? {};
    return `http://${urlHost(address)}:${port}/`;
  }

  /** Closes it, within half a second. */
  async close(): Promise<void> {
    this.#sources.live.stop();
    await this.#listener.stopAccepting();
    const patience = new AbortController();
    const late = delay(CLOSE_MS, undefined, { signal: patience.signal }).then(
      () => void this.#listener.abort(),
      () => undefined,
    );
    await Promise.race([this.#listener.drain(0), late]);
    patience.abort();
  }

  #answer(request: IncomingRequest): Reply | Promise<Reply> {
    const { method } = request;
    const path = request.path.split('?', 1)[0] ?? '';
    const page = PAGES.get(path);
    if (page === undefined) return errorReply(404, GUARDED);
    if (method !== 'GET' && method !== 'HEAD') return errorReply(405, ['allow', 'GET, HEAD', ...GUARDED]);
    // What a probe is told is nobody's secret, and a balancer may know the server by any name.
    if (!PROBES.has(path) && !isOwnHost(request.authority, this.#host)) return textReply(421, OTHER_HOST);
    if (isFromOtherPage(request)) return textReply(403, OTHER_PAGE);
    return page(this.#sources);
  }
}

type Page = (sources: AdminSources) => Reply | Promise<Reply>;

const PROBES: ReadonlySet<string> = new Set(['/livez', '/readyz']);
const OTHER_HOST =
  'The admin endpoint is not known by that name. Ask for its address, or start the server with --admin NAME:PORT.';

const OTHER_PAGE = 'The admin endpoint answers no page of another origin.';

const PAGES: ReadonlyMap<string, Page> = new Map<string, Page>([
  ['/', () => livePage(GUARDED)],
  ['/livez', () => textReply(200, 'ok')],
  [
    '/readyz',
    ({ readiness: { objection } }) =>
      objection === undefined ? textReply(200, 'ok') : textReply(503, objection),
  ],
  ['/metrics', ({ metrics }) => reply(METRICS_MEDIA_TYPE, formatMetrics(metrics()))],
  [
    '/snapshot',
    ({ live }) => reply('application/json', `${JSON.stringify(live.snapshot(), undefined, 2)}\n`),
  ],
  [
    '/events',
    ({ live }) => {
      const body = live.watch();
      if (body === undefined) return textReply(503, 'as many watch as may; close another live view');
      return { status: 200, fields: ['content-type', 'text/event-stream', ...GUARDED], body };
    },
  ],
  [
    '/threads',
    async ({ threads, log }) => {
      try {
        return reply('application/json', `${JSON.stringify(await threads.report(), undefined, 2)}\n`);
      } catch (error) {
        log.write('error', `/threads failed\n${describeError(error)}`);
        return errorReply(500, GUARDED);
      }
    },
  ],
]);

function reply(mediaType: string, body: string): Reply {
  return { status: 200, fields: ['content-type', mediaType, ...GUARDED], body };
}

function textReply(status: number, text: string): Reply {
  return { status, fields: ['content-type', 'text/plain;charset=UTF-8', ...GUARDED], body: `${text}\n` };
}
