import { lookup } from 'node:dns/promises';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { codeOf } from './bind-error.ts';
import type { InheritedSockets } from './inherited-sockets.ts';
import type { Settings } from './serve-options.ts';

/** A file to listen on instead of a port. */
export interface SocketFile {
  /** Its absolute path. */
  readonly path: string;
  /** Its permissions, 0 to 0o777. @default as the umask of the process says */
  readonly mode?: number;
}

/** Where a server listens. The first that is given: what it inherited, a file, a port. */
export interface ListeningPlace {
  /** A numeric address or a name; of a name's addresses the first is taken. */
  readonly host: string;
  /** 0 to 65535; 0 lets the kernel choose. */
  readonly port: number;
  /** A Unix domain socket. */
  readonly file?: SocketFile;
  /** Sockets that whoever started this process has bound; without any, the others count. */
  readonly inherited?: InheritedSockets;
}

/** What the kernel says to an IPv6 address where there is no IPv6. */
const NO_IPV6 = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL']);

/**
 * The place that the options name.
 * @param settings all options
 * @param inherited inherited sockets; they go before the options
 */
export function placeOf(settings: Settings, inherited: InheritedSockets): ListeningPlace {
  const { hostname: host, port, socket, socketMode } = settings;
  const mode = socketMode === 'umask' ? {} : { mode: socketMode };
  return { host, port, inherited, ...(socket === '' ? {} : { file: { path: resolve(socket), ...mode } }) };
}

/**
 * The numeric address to bind for a host. All interfaces (`::`) are those of IPv4 alone on a machine without IPv6.
 * @param host a numeric address or a name
 * @param hasIpv6 whether this machine has IPv6; asked for `::` alone
 * @throws the error of the resolver, such as `ENOTFOUND`
 */
export async function resolveHost(
  host: string,
  hasIpv6: () => Promise<boolean> = canListenOnIpv6,
): Promise<string> {
  if (host === '::' && !(await hasIpv6())) return '0.0.0.0';
  return (await lookup(host)).address;
}

/** Tried out: a kernel without IPv6, and a container whose rules forbid it, show it nowhere else alike. */
function canListenOnIpv6(): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error) => resolve(!NO_IPV6.has(codeOf(error) ?? '')));
    server.listen({ host: '::', port: 0, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
