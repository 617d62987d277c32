import { canHoldSockets, HeldSocket } from '#native/held-socket.ts';
import { HeddleError } from '#observe/heddle-error.ts';
import { findPortHolder } from './port-holder.ts';

/** What could not be bound. */
export interface WantedAddress {
  /** The host as the user gave it: a name or a numeric address. */
  readonly host: string;
  readonly port: number;
  /** The numeric address of the host, if it was found. */
  readonly address?: string | undefined;
  /** What named it, for the advice. @default '--port', and '--host' */
  readonly flag?: '--admin';
}

/** How far above a taken port a free one is looked for. */
const PORTS_TO_TRY = 16;

/**
 * Says in words of the user why an address cannot be listened on. What is not the user's to mend is returned as
 * it came.
 * - `ERR_HEDDLE_PORT_IN_USE`: something else listens there
 * - `ERR_HEDDLE_PORT_DENIED`: the port needs a privilege
 * - `ERR_HEDDLE_ADDRESS`: the address is not one of this machine's, or the name has none
 * - `ERR_HEDDLE_TOO_MANY_FILES`: no free descriptor
 */
export function bindError(cause: unknown, wanted: WantedAddress): unknown {
  const { host, port, flag } = wanted;
  switch (codeOf(cause)) {
    case 'EADDRINUSE':
      return new HeddleError('ERR_HEDDLE_PORT_IN_USE', portInUseMessage(wanted), { cause });
    case 'EACCES':
    case 'EPERM':
      return new HeddleError(
        'ERR_HEDDLE_PORT_DENIED',
        `Port ${port} on ${host} is refused to this user. Use a port from 1024 on, such as ${flag === undefined ? '--port 7878' : '--admin 7879'}, or let the system grant this one.`,
        { cause },
      );
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
      return new HeddleError(
        'ERR_HEDDLE_ADDRESS',
        `${host} is not an address of this machine. ${flag === undefined ? 'Use --host 127.0.0.1 for this machine alone, or --host alone for every network it is in.' : `Use --admin ${port} for this machine alone.`}`,
        { cause },
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'ENODATA':
      if (flag === undefined && /^[^:]*:\d+$|\]:\d+$/.test(host)) return portInHost(host, cause);
      return new HeddleError(
        'ERR_HEDDLE_ADDRESS',
        `The name ${host} has no address. Check its spelling, or give ${flag ?? '--host'} a numeric address, such as 127.0.0.1.`,
        { cause },
      );
    case 'EMFILE':
    case 'ENFILE':
      return tooManyFiles(cause);
    default:
      return cause;
  }
}

function portInHost(host: string, cause: unknown): HeddleError {
  const at = host.lastIndexOf(':');
  const [address, port] = [host.slice(0, at).replace(/[[\]]/g, ''), host.slice(at + 1)];
  return new HeddleError(
    'ERR_HEDDLE_ADDRESS',
    `${host} is an address and a port. Give each by itself: --host ${address} --port ${port}.`,
    { cause },
  );
}

/** The error when no descriptor is left. */
export function tooManyFiles(cause: unknown): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_TOO_MANY_FILES',
    'This process has no free file descriptor for a listening socket. Raise its limit (ulimit -n).',
    { cause },
  );
}

/** The system's code of an error, such as `EADDRINUSE`. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function portInUseMessage({ host, port, address, flag }: WantedAddress): string {
  const holder = findPortHolder(port);
  const by = holder === undefined ? '' : ` by ${holder.command} (process ${holder.pid})`;
  const free = address === undefined ? undefined : findFreePort(address, port + 1);
  const useAnother = useAnotherPort(flag, host, free);
  return `Port ${port} on ${host} is taken${by}. ${useAnother}, or stop what holds it.`;
}

function useAnotherPort(flag: WantedAddress['flag'], host: string, free: number | undefined): string {
  if (flag === undefined) return free === undefined ? 'Use another --port' : `Use --port ${free}`;
  if (free === undefined) return 'Use another port with --admin';
  return `Use --admin ${host.includes(':') ? `[${host}]` : host}:${free}`;
}

/** A port that is free now, so that the advice works when it is followed. */
function findFreePort(host: string, first: number): number | undefined {
  if (!canHoldSockets()) return undefined;
  for (let port = first; port < Math.min(first + PORTS_TO_TRY, 65_536); port++) {
    try {
      new HeldSocket({ host, port, reusePort: false }).close();
      return port;
    } catch {
      // Taken as well.
    }
  }
  return undefined;
}
