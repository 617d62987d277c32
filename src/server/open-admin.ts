import type { Log } from '#observe/log.ts';
import { AdminEndpoint } from './admin-endpoint.ts';
import { LiveFeed } from './live-feed.ts';
import { processMetrics } from './process-metrics.ts';
import type { Readiness } from './readiness.ts';
import type { SupervisedServer } from './supervised-server.ts';
import { ThreadReporter } from './thread-report.ts';

/**
 * Opens the admin endpoint of a server. Loaded only where one is wanted.
 * @param address where it listens
 * @param server that it tells of
 * @param readiness of the server
 * @param log where to log
 * @throws what {@link AdminEndpoint.open} throws
 */
export function openAdmin(
  address: string,
  server: SupervisedServer,
  readiness: Readiness,
  log: Log,
): Promise<AdminEndpoint> {
  const threads = new ThreadReporter(() => server.inSight());
  const metrics = () => processMetrics(server, readiness);
  return AdminEndpoint.open(address, {
    readiness,
    threads,
    metrics,
    live: new LiveFeed(server, readiness),
    log,
  });
}
