import type { Lease } from '#native/lease.ts';
import type { CutRequest } from '#net/connection-set.ts';
import type { Severity } from '#observe/log.ts';
import type { SenderSeat, WorkerLink } from '#pool/pool-messages.ts';
import type { PackedError } from '#threads/packed-error.ts';
import type { AccessLogSeat } from './access-log.ts';
import type { ModuleOptions } from './module-options.ts';
import type { ServerAddress } from './running-server.ts';
import type { Settings } from './serve-options.ts';
import type { ServedPlan } from './served-plan.ts';
import type { LimitMemory } from './shared-limits.ts';

/** What a server thread starts with, as its `workerData`. */
export interface ServerLaunch {
  /** Its number, from 0. */
  readonly index: number;
  /** The URL of the app module; `undefined` for a folder alone. */
  readonly app: string | undefined;
  /** The number of its generation, from 1. */
  readonly generation: number;
  /** How many generations there are, as `GenerationCount` shares it. */
  readonly generationCount: SharedArrayBuffer;
  /** Counts the complete request heads of all threads, for `maxRequests`. */
  readonly requestCount: SharedArrayBuffer;
}

/** Supervisor to server thread. */
export type ToServerThread =
  /** The config is settled and the sockets bound: run the app's `ready()`, then wait for `accept`. */
  | {
      readonly kind: 'listen';
      readonly settings: Settings;
      /** How many server threads there are. */
      readonly threads: number;
      /** Where the server listens. */
      readonly address: ServerAddress;
      readonly served: ServedPlan;
      readonly leases: readonly Lease[];
      readonly seat: SenderSeat;
      /** Where the thread shows what its connections are at; see `ConnectionBoard`. */
      readonly board: SharedArrayBuffer;
      /** What the thread counts of clients together with the others. */
      readonly limits: LimitMemory;
      /** Where it counts, as `count-slots.ts` says; `undefined` where nobody asks. */
      readonly counts: SharedArrayBuffer | undefined;
      /** Where it puts the lines of the access log; `undefined` where there is none. */
      readonly accessLog: AccessLogSeat | undefined;
    }
  /** Listen on each of the sockets. */
  | { readonly kind: 'accept' }
  /** A neighbour was given up, or does not move: accept from its socket as well. */
  | { readonly kind: 'adopt'; readonly lease: Lease }
  /** The neighbour moves again, or has a successor: accept no more by this lease. */
  | { readonly kind: 'leave'; readonly lease: Lease }
  /** Connections of a neighbour that was ended: go on with some, see the others off. The descriptors are yours. */
  | {
      readonly kind: 'take';
      readonly idle: readonly number[];
      readonly leaving: readonly number[];
      readonly broken: readonly number[];
    }
  /** How long idle connections stay in the drain that is about to be asked for. */
  | { readonly kind: 'idle-grace'; readonly idleGraceMs: number }
  /** The drain is over as if `drainMs` were: cut what is left. */
  | { readonly kind: 'cut-short' }
  /** A pool thread can be used. */
  | { readonly kind: 'pool-link'; readonly link: WorkerLink }
  /** A pool thread has died. */
  | { readonly kind: 'pool-gone'; readonly worker: number; readonly reason: PackedError }
  /** Compressed content of a file; `undefined`: make it; `null`: let go of it. */
  | {
      readonly kind: 'compressed';
      readonly key: string;
      readonly bytes: SharedArrayBuffer | null | undefined;
    }
  /** No pool thread will come. */
  | { readonly kind: 'pool-failed'; readonly error: PackedError };

/** Server thread to supervisor. */
export type FromServerThread =
  /** The app is loaded; these are its options. */
  | { readonly kind: 'loaded'; readonly options: ModuleOptions }
  /** The app's `ready()` has run; the thread waits for `accept`. */
  | { readonly kind: 'prepared' }
  /** The last request that is to be served has come. */
  | { readonly kind: 'max-requests' }
  /** A job was given to the pool and no pool thread may run yet. */
  | { readonly kind: 'need-pool' }
  /** A running job was given up; its pool thread is to be replaced. */
  | { readonly kind: 'pool-condemned' }
  /** Compressed content of a file, made; `undefined`: wanted; `null`: it could not be made. */
  | {
      readonly kind: 'compressed';
      readonly key: string;
      readonly bytes: SharedArrayBuffer | null | undefined;
    }
  /** The accept queue is empty and the listening descriptor closed. */
  | { readonly kind: 'stopped-accepting' }
  /** A warning or an error that it has logged, for those who watch. */
  | { readonly kind: 'logged'; readonly severity: Severity; readonly message: string }
  /** These requests lost their answers at the end of a drain. */
  | { readonly kind: 'cut'; readonly requests: readonly CutRequest[] };
