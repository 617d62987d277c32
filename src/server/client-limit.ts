import { AddressCounts } from '#net/address-counts.ts';
import { ConnectionLimit } from '#net/connection-limit.ts';
import { HeddleError } from '#observe/heddle-error.ts';
import type { Forwarding } from './forwarding.ts';
import { randomSeed } from './random-seed.ts';
import type { Settings } from './serve-options.ts';
import type { LimitMemory } from './shared-limits.ts';

/**
 * The limit of each client's connections, as the options say.
 * @param forwarding says which peers are proxies
 * @param shared what this thread has of the memory of all; where there is no other thread it has its own
 * @returns `undefined` where there is none
 * @throws {HeddleError} `ERR_HEDDLE_OPTION` where every peer is a proxy, so that nothing would be limited
 */
export function clientLimit(
  { maxConnectionsPerIp, maxConnections, trustProxy }: Settings,
  forwarding: Forwarding,
  shared?: LimitMemory,
): ConnectionLimit | undefined {
  if (maxConnectionsPerIp === 0) return undefined;
  refuseVainLimit({ maxConnectionsPerIp, trustProxy });
  const place = shared?.connections ?? {
    buffer: AddressCounts.allocate(1, maxConnections, randomSeed()),
    place: 0,
  };
  return new ConnectionLimit({
    counts: new AddressCounts(place.buffer, place.place),
    most: maxConnectionsPerIp,
    trust: forwarding.trust,
  });
}

/**
 * Refuses a limit of each client's connections where every peer is a proxy, so that it would limit nothing.
 * @throws {HeddleError} `ERR_HEDDLE_OPTION`
 */
export function refuseVainLimit({
  maxConnectionsPerIp,
  trustProxy,
}: Pick<Settings, 'maxConnectionsPerIp' | 'trustProxy'>): void {
  if (maxConnectionsPerIp === 0 || typeof trustProxy !== 'number' || trustProxy === 0) return;
  throw new HeddleError(
    'ERR_HEDDLE_OPTION',
    `--max-connections-per-ip ${maxConnectionsPerIp} limits nothing with --trust-proxy ${trustProxy}, by which every connection is a proxy's. Name the proxies by their addresses, such as --trust-proxy 10.0.0.0/8, or leave one of the two out.`,
  );
}
