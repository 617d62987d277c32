import type { CutRequest } from '#net/connection-set.ts';
import type { Log } from '#observe/log.ts';
import type { PoolThreads } from '#pool/pool-threads.ts';
import type { ManagedThread } from '#threads/managed-thread.ts';
import type { AccessLogFile } from './access-log-file.ts';
import type { CompressedStore } from './compressed-store.ts';
import type { UsableCpus } from './cpu-count.ts';
import type { HangResponse } from './hang-response.ts';
import type { ListeningSockets } from './listening-sockets.ts';
import type { Settings } from './serve-options.ts';
import type { OptionLayer } from './server-config.ts';
import type { ServerTally } from './server-tally.ts';
import type { SharedLimits } from './shared-limits.ts';
import type { StrandedConnections } from './stranded-connections.ts';
import type { ThreadCover } from './thread-cover.ts';
import type { ThreadEquipment } from './thread-equipment.ts';
import type { VirtualHost } from './virtual-hosts.ts';

/** What a server serves; the same for all of its generations. */
export interface ServedTarget {
  /** The URL of the app module; `undefined` for a folder alone. */
  readonly app: URL | undefined;
  /** The folder, as an absolute path; overrides the app's. */
  readonly staticRoot: string | undefined;
  /** The URL of the tasks module; overrides the app's. */
  readonly tasks: URL | undefined;
  /** The virtual hosts, as they are now; called with those of the module, which override weaker ones. */
  readonly virtualHosts: (ofModule?: readonly VirtualHost[]) => readonly VirtualHost[];
  /** Flags, which go before the own options of virtual hosts too; they are among those `above`. */
  readonly flags: readonly OptionLayer[];
  /** The absolute path of the config file, if there is one. */
  readonly configFile?: string | undefined;
  /** Options of the caller, which override the module's. */
  readonly above: readonly OptionLayer[];
  /** Options that the module overrides. */
  readonly below: readonly OptionLayer[];
}

/** What a generation needs of the server. */
export interface GenerationHost {
  /** The generation's, from 1. */
  readonly number: number;
  /** Where the lives of its threads are logged. */
  readonly log: Log;
  /** Why there are so many threads. */
  readonly cpus: UsableCpus;
  /** What is known of the whole process. */
  readonly tally: ServerTally;
  /** How many generations there are, as `GenerationCount` shares it. */
  readonly generationCount: SharedArrayBuffer;
  /** Counts the complete request heads of all threads, for `maxRequests`. */
  readonly requestCount: SharedArrayBuffer;
  /** What all threads count of clients. */
  readonly limits: SharedLimits;
  /** Takes the connections of threads that hang. */
  readonly stranded: StrandedConnections;
  /** The compressed contents of files. */
  readonly compressed: CompressedStore;
  /** The sockets of the server; asked once, when the options are settled. */
  sockets(settings: Settings, threads: number): Promise<ListeningSockets>;
  /** The access log of the server; asked once, when the options are settled. */
  accessLog(settings: Settings): AccessLogFile | undefined;
  /** `maxRequests` requests have come. */
  onMaxRequests(): void;
  /** Native code holds a thread that was to end. */
  onStuck(thread: ManagedThread): void;
  /** Every thread was given up: none is left, and none will come. */
  onFailed(error: Error): void;
}

/** Everything that is settled when a generation's first thread has told the options of the app. */
export interface Settled {
  /** All options. */
  readonly settings: Settings;
  /** How many server threads there are, without those that replace one or stand in. */
  readonly threads: number;
  /** The sockets of the server, which outlive the generation. */
  readonly sockets: ListeningSockets;
  /** The pool threads. */
  readonly pool: PoolThreads;
  /** What each of the server threads has. */
  readonly equipment: ThreadEquipment;
  /** Who accepts for threads that do not. */
  readonly cover: ThreadCover;
  /** What is done about threads that do not move. */
  readonly hangs: HangResponse;
}

/** How a generation ended. */
export interface GenerationEnd {
  /** The requests that lost their answers, because they took longer than `drainMs`. */
  readonly cut: readonly CutRequest[];
  /** The server threads that did not end by themselves and were stopped, with whatever they had in hand. */
  readonly stoppedThreads: readonly number[];
}
