import { HeddleError } from '#observe/heddle-error.ts';
import { EXPECTED_VALUES, type OptionKind, readValue } from './option-values.ts';

/** One option: where it can be set, its default and the reason for it. */
export interface OptionRow {
  /** What values it takes. */
  readonly kind: OptionKind;
  /** Its flag on the command line. */
  readonly flag: string;
  /** Its environment variable. */
  readonly env: string;
  /** The value where nobody sets it. */
  readonly default: number | string | boolean;
  /** What it does, for `--help`. */
  readonly about: string;
  /** Why the default is what it is. */
  readonly reason: string;
}

/**
 * Every option, once: the source of the parser, of `--help` and of the defaults. Times are milliseconds, sizes
 * bytes. Precedence: flag > app module > environment > default.
 */
export const SERVE_OPTIONS = {
  port: {
    kind: 'port',
    flag: '-p, --port <port>',
    env: 'PORT',
    default: 7878,
    about: 'the port; 0 lets the system choose',
    reason: "the book's own",
  },
  hostname: {
    kind: 'text',
    flag: '--host [address]',
    env: 'HOST',
    default: '127.0.0.1',
    about: 'the address; --host alone listens on all interfaces, by IPv6 and IPv4',
    reason: 'nothing is exposed to the network that nobody asked to expose',
  },
  socket: {
    kind: 'path',
    flag: '--socket <path>',
    env: 'HEDDLE_SOCKET',
    default: '',
    about: 'a Unix domain socket to listen on instead of a port',
    reason: 'a browser needs a port',
  },
  socketMode: {
    kind: 'mode',
    flag: '--socket-mode <mode>',
    env: 'HEDDLE_SOCKET_MODE',
    default: 'umask',
    about: 'who may connect to that socket, in octal: 660; umask: as the process makes files',
    reason: 'whoever starts the server has chosen its umask',
  },
  admin: {
    kind: 'endpoint',
    flag: '--admin [address]',
    env: 'HEDDLE_ADMIN',
    default: '',
    about:
      'where /livez, /readyz and /threads answer: [host:]port; --admin alone: 7879; not from an app module',
    reason: 'whoever reaches it sees how busy the server is',
  },
  trustProxy: {
    kind: 'proxies',
    flag: '--trust-proxy <hops|addresses>',
    env: 'HEDDLE_TRUST_PROXY',
    default: 0,
    about:
      'proxies whose X-Forwarded-* and Forwarded count: how many hops, or a list: loopback, private, 10.1.0.0/16',
    reason: 'without a proxy anyone can write these fields',
  },
  threads: {
    kind: 'threads',
    flag: '-t, --threads <count>',
    env: 'HEDDLE_THREADS',
    default: 'auto',
    about: 'server threads; auto: the CPUs that this process may use',
    reason: 'one event loop a core uses them all and no more',
  },
  poolThreads: {
    kind: 'threads',
    flag: '--pool-threads <count>',
    env: 'HEDDLE_POOL_THREADS',
    default: 'auto',
    about: 'threads for blocking jobs; auto: the CPUs, at least 4',
    reason: 'jobs may wait rather than compute, so a few more than cores',
  },
  poolQueue: {
    kind: 'count',
    flag: '--pool-queue <count>',
    env: 'HEDDLE_POOL_QUEUE',
    default: 10_000,
    about: 'jobs that may wait, in each server thread; with one more the request gets a 503; 0: no limit',
    reason: 'some seconds of short jobs, and memory that is bounded',
  },
  poolNice: {
    kind: 'nice',
    flag: '--pool-nice <0-19>',
    env: 'HEDDLE_POOL_NICE',
    default: 10,
    about: 'how much pool threads yield to server threads, on Linux; 0: not at all',
    reason: 'jobs that compute on every core would delay each answer by milliseconds',
  },
  threadMemoryMb: {
    kind: 'heap',
    flag: '--thread-memory <MiB>',
    env: 'HEDDLE_THREAD_MEMORY',
    default: 0,
    about: "the heap of each server thread, in MiB; 0: Node's own limit; not from an app module",
    reason: "Node's own fits the machine, and only who runs it knows what else runs there",
  },
  poolLog: {
    kind: 'switch',
    flag: '--pool-log',
    env: 'HEDDLE_POOL_LOG',
    default: false,
    about: "print the pool's jobs and its end in the words of the book",
    reason: 'a line a job is for learning, not for production',
  },
  maxRequests: {
    kind: 'count',
    flag: '--max-requests <count>',
    env: 'HEDDLE_MAX_REQUESTS',
    default: 0,
    about: 'serve so many requests over all threads, then shut down; 0: no limit',
    reason: "the book's server stops after two; others do not stop",
  },
  maxConnections: {
    kind: 'count',
    flag: '--max-connections <count>',
    env: 'HEDDLE_MAX_CONNECTIONS',
    default: 10_000,
    about: 'open connections of one thread; further ones are closed',
    reason: 'bounds descriptors and memory',
  },
  keepAliveMs: {
    kind: 'duration',
    flag: '--keep-alive <duration>',
    env: 'HEDDLE_KEEP_ALIVE',
    default: 75_000,
    about: 'how long an idle connection stays open',
    reason: "longer than a load balancer's 60 s, so that it never closes under one",
  },
  headMs: {
    kind: 'duration',
    flag: '--head-timeout <duration>',
    env: 'HEDDLE_HEAD_TIMEOUT',
    default: 10_000,
    about: 'by when the head of a request must be complete',
    reason: 'slow heads are how a few clients hold many connections',
  },
  bodyIdleMs: {
    kind: 'duration',
    flag: '--body-idle-timeout <duration>',
    env: 'HEDDLE_BODY_IDLE_TIMEOUT',
    default: 30_000,
    about: 'the longest wait for the next bytes of a body',
    reason: 'a phone that changes cells is back sooner',
  },
  bodyGraceMs: {
    kind: 'duration',
    flag: '--body-grace <duration>',
    env: 'HEDDLE_BODY_GRACE',
    default: 10_000,
    about: 'how long a body may be slower than the least rate',
    reason: 'connections start slowly',
  },
  minBodyBytesPerSecond: {
    kind: 'bytes',
    flag: '--min-body-rate <bytes>',
    env: 'HEDDLE_MIN_BODY_RATE',
    default: 1024,
    about: 'the least average rate of a body, in bytes a second',
    reason: 'slower than any line in use',
  },
  writeStallMs: {
    kind: 'duration',
    flag: '--write-stall-timeout <duration>',
    env: 'HEDDLE_WRITE_STALL_TIMEOUT',
    default: 30_000,
    about: 'how long a client may leave what was sent unread',
    reason: 'as for a body that comes',
  },
  peerProbeMs: {
    kind: 'duration',
    flag: '--peer-probe <duration>',
    env: 'HEDDLE_PEER_PROBE',
    default: 1_000,
    about: 'how long an answer may take until its client is looked after, and between two looks; 0: never',
    reason: 'most answers are out by then, and work for nobody ends soon',
  },
  single: {
    kind: 'switch',
    flag: '-s, --single',
    env: 'HEDDLE_SINGLE',
    default: false,
    about:
      "answer navigations to paths without a file with the folder's index.html, as single-page apps want",
    reason: 'a path that leads nowhere is a 404',
  },
  symlinks: {
    kind: 'switch',
    flag: '-S, --symlinks',
    env: 'HEDDLE_SYMLINKS',
    default: false,
    about: 'follow symbolic links that lead out of the folder',
    reason: 'what is not in the folder was not meant to be served',
  },
  compressCacheBytes: {
    kind: 'count',
    flag: '--compress-cache <bytes>',
    env: 'HEDDLE_COMPRESS_CACHE',
    default: 67_108_864,
    about:
      'the most bytes of compressed files that all threads share; 0: files are sent as they are, or as their siblings',
    reason: 'the texts of most sites, each in three codings',
  },
  fileCacheBytes: {
    kind: 'count',
    flag: '--file-cache <bytes>',
    env: 'HEDDLE_FILE_CACHE',
    default: 33_554_432,
    about: 'the most bytes of file contents that each server thread keeps in memory; 0: none',
    reason: 'the hot files of most sites, and little beside the heap of a thread',
  },
  requestTimeoutMs: {
    kind: 'duration',
    flag: '--request-timeout <duration>',
    env: 'HEDDLE_REQUEST_TIMEOUT',
    default: 0,
    about: 'by when the answer to a request must begin, its content read (503 after that); 0: no limit',
    reason: 'only the app knows how long its answers take',
  },
  lingerMs: {
    kind: 'duration',
    flag: '--linger <duration>',
    env: 'HEDDLE_LINGER',
    default: 2_000,
    about: 'how long a client may take to read the last answer before a close',
    reason: 'a round trip or two, on a bad line',
  },
  shutdownDelayMs: {
    kind: 'duration',
    flag: '--shutdown-delay <duration>',
    env: 'HEDDLE_SHUTDOWN_DELAY',
    default: 0,
    about: 'how long a shutdown serves on after /readyz has said 503; not on Ctrl-C at a terminal',
    reason: 'without a balancer that asks, nobody would notice; 5 s suits Kubernetes',
  },
  idleGraceMs: {
    kind: 'duration',
    flag: '--idle-grace <duration>',
    env: 'HEDDLE_IDLE_GRACE',
    default: 2_000,
    about: 'how long idle connections stay open during a shutdown',
    reason: 'a FIN just as a request arrives loses that request',
  },
  drainMs: {
    kind: 'duration',
    flag: '--drain-timeout <duration>',
    env: 'HEDDLE_DRAIN_TIMEOUT',
    default: 10_000,
    about: 'how long a shutdown waits for requests in flight',
    reason: 'supervisors of processes wait longer before they kill',
  },
  stallMs: {
    kind: 'duration',
    flag: '--stall-timeout <duration>',
    env: 'HEDDLE_STALL_TIMEOUT',
    default: 250,
    about: 'how long a thread may stay away from its event loop until others accept from its socket',
    reason: 'longer than a healthy thread is ever away, shorter than a person notices',
  },
  hangTimeoutMs: {
    kind: 'duration',
    flag: '--hang-timeout <duration>',
    env: 'HEDDLE_HANG_TIMEOUT',
    default: 10_000,
    about: 'how long a thread may stay away from its event loop until it is replaced; 0: it never is',
    reason: 'no handler computes for so long on purpose: that is what the pool is for',
  },
  startMs: {
    kind: 'duration',
    flag: '--start-timeout <duration>',
    env: 'HEDDLE_START_TIMEOUT',
    default: 30_000,
    about: 'by when a thread must have loaded the app',
    reason: 'apps that warm caches take seconds, not minutes',
  },
  maxBodyBytes: {
    kind: 'bytes',
    flag: '--max-body <bytes>',
    env: 'HEDDLE_MAX_BODY',
    default: 10_485_760,
    about: 'the largest body that an app reads at once (413 above); streams are not bounded',
    reason: '10 MiB holds a form with photographs',
  },
  maxDiscardBytes: {
    kind: 'bytes',
    flag: '--max-discard <bytes>',
    env: 'HEDDLE_MAX_DISCARD',
    default: 65_536,
    about: 'how much of a body that nobody reads is taken to keep the connection',
    reason: 'about what a new connection costs',
  },
  maxHeadBytes: {
    kind: 'bytes',
    flag: '--max-head <bytes>',
    env: 'HEDDLE_MAX_HEAD',
    default: 16_384,
    about: 'the largest head of a request (431 above)',
    reason: "Node's own limit",
  },
  maxFields: {
    kind: 'count',
    flag: '--max-fields <count>',
    env: 'HEDDLE_MAX_FIELDS',
    default: 100,
    about: 'the most field lines of a request (431 above)',
    reason: 'browsers behind proxies send 20 to 40',
  },
  maxTargetBytes: {
    kind: 'bytes',
    flag: '--max-target <bytes>',
    env: 'HEDDLE_MAX_TARGET',
    default: 8_192,
    about: 'the longest request target (414 above)',
    reason: 'RFC9112§3 recommends at least 8000',
  },
  maxTrailerBytes: {
    kind: 'bytes',
    flag: '--max-trailers <bytes>',
    env: 'HEDDLE_MAX_TRAILERS',
    default: 8_192,
    about: 'the largest trailer section of a chunked body (431 above)',
    reason: 'half a head; trailers are few',
  },
  maxChunkExtensionBytes: {
    kind: 'bytes',
    flag: '--max-chunk-extensions <bytes>',
    env: 'HEDDLE_MAX_CHUNK_EXTENSIONS',
    default: 1_024,
    about: 'all chunk extensions of one body together (400 above)',
    reason: 'nobody uses them but to hide bytes (RFC9112§7.1.1)',
  },
} as const;
SERVE_OPTIONS satisfies Record<string, OptionRow>;

/** The name of an option. */
export type OptionName = keyof typeof SERVE_OPTIONS;

/** The type of an option's value, by its kind. */
export type OptionValue<Kind extends OptionKind> = Kind extends 'switch'
  ? boolean
  : Kind extends 'text' | 'path' | 'endpoint'
    ? string
    : Kind extends 'threads'
      ? number | 'auto'
      : Kind extends 'mode'
        ? number | 'umask'
        : Kind extends 'proxies'
          ? number | string | readonly string[]
          : number;

/** A value for every option. */
export type Settings = {
  readonly [Name in OptionName]: OptionValue<(typeof SERVE_OPTIONS)[Name]['kind']>;
};

/**
 * Options that an app module cannot set: they are settled before a thread loads it. A heap that is limited from the
 * second start of a thread on would be none, and an endpoint that opens after the start could not tell of it.
 */
export const OPTIONS_BEFORE_APP: readonly OptionName[] = ['threadMemoryMb', 'admin'];

/** All names, in the order of `--help`. */
export const OPTION_NAMES: readonly OptionName[] = Object.keys(SERVE_OPTIONS) as OptionName[];

/**
 * Reads the value of one option, from code or as text.
 * @param name the option
 * @param value what was given
 * @param origin where it was given, for the message: `--port`, `PORT`, `app.ts`
 * @throws {HeddleError} `ERR_HEDDLE_OPTION` for a value that the option cannot have
 */
export function readOption(name: OptionName, value: unknown, origin: string): Settings[OptionName] {
  const { kind } = SERVE_OPTIONS[name];
  const read = readValue(kind, value);
  if (read !== undefined) return read;
  throw new HeddleError(
    'ERR_HEDDLE_OPTION',
    `${origin}: ${JSON.stringify(value)} is not ${EXPECTED_VALUES[kind]}. Give ${name} such a value, or leave it out.`,
  );
}
