import { FIRST_PASSED_DESCRIPTOR, HeldSocket } from '#native/held-socket.ts';
import { HeddleError } from '#observe/heddle-error.ts';
import { codeOf } from './bind-error.ts';

/** Sockets that this process was started with. They belong to the server from now on. */
export interface InheritedSockets {
  /** Their descriptors. */
  readonly descriptors: readonly number[];
  /** Whether every server thread is to have one of its own; else all threads share all. */
  readonly oneEach: boolean;
}

/** All that systemd says of the sockets it passes; their names and the process by its other number are not used. */
const VARIABLES = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID'] as const;

/**
 * The descriptors that systemd's socket activation passes to this process, see sd_listen_fds(3). The variables are
 * removed, so that they are found once, and not by the app or by the programs it starts.
 * @param environment such as `process.env`, before any thread has a copy of it
 * @param pid of this process: variables that are meant for another are passed over
 * @returns none where there are none
 * @throws {HeddleError} `ERR_HEDDLE_INHERITED_SOCKET` for a count that is none
 */
export function takeInherited(
  environment: Record<string, string | undefined>,
  pid: number,
): readonly number[] {
  const { LISTEN_PID: meantFor, LISTEN_FDS: count = '' } = environment;
  for (const name of VARIABLES) delete environment[name];
  if (meantFor !== String(pid)) return [];
  if (!/^\d{1,4}$/.test(count)) {
    throw new HeddleError(
      'ERR_HEDDLE_INHERITED_SOCKET',
      `$LISTEN_FDS: "${count}" is not a number of sockets. Unset LISTEN_PID to listen on --port.`,
    );
  }
  return Array.from({ length: Number(count) }, (_, at) => FIRST_PASSED_DESCRIPTOR + at);
}

/**
 * Holds inherited sockets.
 * @param descriptors what {@link takeInherited} found
 * @throws {HeddleError} `ERR_HEDDLE_INHERITED_SOCKET` where one is no stream socket
 */
export function holdInherited(descriptors: readonly number[]): HeldSocket[] {
  const sockets: HeldSocket[] = [];
  try {
    for (const fd of descriptors) sockets.push(new HeldSocket({ fd }));
    return sockets;
  } catch (error) {
    for (const socket of sockets) socket.close();
    throw notListening(descriptors[sockets.length] ?? FIRST_PASSED_DESCRIPTOR, error);
  }
}

/** The error for an inherited descriptor that cannot be listened on. */
export function notListening(fd: number, cause: unknown): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_INHERITED_SOCKET',
    `Descriptor ${fd}, with which this process was started ($LISTEN_FDS), is no socket to listen on (${codeOf(cause)}). In the systemd unit use ListenStream= and Accept=no.`,
    { cause },
  );
}
