/** The signals that a launcher passes on to its server. */
export const PASSED_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const;

/** One of {@link PASSED_SIGNALS}. */
export type PassedSignal = (typeof PASSED_SIGNALS)[number];

/** What a server tells its launcher. */
export type ServerMessage =
  /** A socket to keep comes along. The first is 0; `oneEach`: every server thread has one of its own. */
  | { readonly kind: 'socket'; readonly index: number; readonly oneEach: boolean; readonly file?: KeptFile }
  /** It serves. */
  | { readonly kind: 'ready' }
  /** It means to end: its death has no successor. */
  | { readonly kind: 'closing' }
  /** It accepts no more. */
  | { readonly kind: 'ending' };

const KINDS: ReadonlySet<unknown> = new Set<ServerMessage['kind']>(['socket', 'ready', 'closing', 'ending']);

/** Whether a message that came from a server is one of ours. */
export function isServerMessage(message: unknown): message is ServerMessage {
  return typeof message === 'object' && message !== null && 'kind' in message && KINDS.has(message.kind);
}

/** What a launcher tells its server: it was sent this signal. */
export interface LauncherMessage {
  readonly kind: 'signal';
  readonly signal: PassedSignal;
}

/** The file of a Unix domain socket. */
export interface KeptFile {
  /** Absolute. */
  readonly path: string;
  /** Its number in its file system: a file of that name with another number is another server's. */
  readonly inode: number;
}

/** What a server that was launched finds in its environment: the launcher, and the sockets that it kept. */
export interface LaunchNote {
  /** The process of the launcher. */
  readonly pid: number;
  /** How many sockets there are; their descriptors are `FIRST_PASSED_DESCRIPTOR` and those behind it. */
  readonly sockets: number;
  /** Whether every server thread has one of its own. */
  readonly oneEach: boolean;
  /** Whether a server has served before. */
  readonly isSuccessor: boolean;
  /** Whether the folder of the compile cache is the launcher's own. */
  readonly ownsCache: boolean;
}

/** The variable with the {@link LaunchNote}. */
export const LAUNCH_VARIABLE = 'HEDDLE_LAUNCHED';

/** The value of {@link LAUNCH_VARIABLE}. */
export function writeNote({ pid, sockets, oneEach, isSuccessor, ownsCache }: LaunchNote): string {
  return `${pid} ${sockets} ${oneEach ? 'each' : 'all'} ${isSuccessor ? 'next' : 'first'} ${ownsCache ? 'cache' : 'none'}`;
}

/**
 * Reads a value of {@link LAUNCH_VARIABLE}.
 * @returns `undefined` for what {@link writeNote} does not write
 */
export function readNote(value: string | undefined): LaunchNote | undefined {
  const match = /^(\d{1,10}) (\d{1,5}) (each|all) (first|next) (cache|none)$/.exec(value ?? '');
  if (match === null) return undefined;
  const [, pid, sockets, whose, turn, cache] = match;
  return {
    pid: Number(pid),
    sockets: Number(sockets),
    oneEach: whose === 'each',
    isSuccessor: turn === 'next',
    ownsCache: cache === 'cache',
  };
}
