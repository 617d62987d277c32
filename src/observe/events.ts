import { ObservedEvent } from './event.ts';

/** A request that the server could not answer as its handler meant to. */
export interface RequestFailed {
  /** What was thrown. */
  readonly error: unknown;
  /** The request's method. */
  readonly method: string;
  /** The request's target. */
  readonly target: string;
  /** What the peer gets: a bare status, or a cut connection where the head was out already. */
  readonly outcome: string;
  /** What it is called in logs, if it has been given a name. */
  readonly requestId?: string | undefined;
}

/** A request whose answer did not begin in time. */
export interface RequestTimedOut {
  /** The request's method. */
  readonly method: string;
  /** The request's target. */
  readonly target: string;
  /** How long its answer was waited for, in milliseconds. */
  readonly afterMs: number;
  /** What it is called in logs, if it has been given a name. */
  readonly requestId?: string | undefined;
}

/** Bytes of a peer that were refused. */
export interface PeerRefused {
  /** The code of the refusal. */
  readonly code: string;
  /** The status the peer is told; 0 where none can be. */
  readonly status: number;
  /** The deciding section. */
  readonly section: string;
  /** One sentence. */
  readonly reason: string;
  /** The peer's address. */
  readonly remoteAddress: string;
}

/** The app failed at a request, or gave an answer that cannot be sent. */
export const requestFailed: ObservedEvent<RequestFailed> = new ObservedEvent('heddle:request-failed');

/** The deadline for an answer passed, and the peer was told so (503). */
export const requestTimedOut: ObservedEvent<RequestTimedOut> = new ObservedEvent('heddle:request-timed-out');

/** A peer's bytes were refused. */
export const peerRefused: ObservedEvent<PeerRefused> = new ObservedEvent('heddle:peer-refused');

/** A connection that was closed as soon as it was accepted. */
export interface ConnectionsExceeded {
  /** Of which there are as many as may be: connections of the thread, or of the client. */
  readonly limit: 'max-connections' | 'max-connections-per-ip';
  /** The peer's address. */
  readonly remoteAddress: string;
}

/** A connection was one too many. */
export const connectionsExceeded: ObservedEvent<ConnectionsExceeded> = new ObservedEvent(
  'heddle:connections-exceeded',
);

/** A request of a client that asks more often than it may. */
export interface RequestLimited {
  /** The request's method. */
  readonly method: string;
  /** The request's target. */
  readonly target: string;
  /** The client's address. */
  readonly client: string;
}

/** A request was answered with 429, for its client has asked too often. */
export const requestLimited: ObservedEvent<RequestLimited> = new ObservedEvent('heddle:request-limited');

/** A request was turned away because more is waiting than may. */
export interface RequestShed {
  /** What is too long: the queue of the pool, or the time until the thread comes by. */
  readonly reason: 'pool-queue' | 'lag';
  /** The request's method. */
  readonly method: string;
  /** The request's target. */
  readonly target: string;
}

/** A request was answered with 503, for the pool's queue is full or the thread lags. */
export const requestShed: ObservedEvent<RequestShed> = new ObservedEvent('heddle:request-shed');

/** Work that an app left behind its answer (`waitUntil`) has failed. */
export interface WorkFailed {
  /** What it rejected with. */
  readonly error: unknown;
}

/** Work behind an answer failed. */
export const workFailed: ObservedEvent<WorkFailed> = new ObservedEvent('heddle:work-failed');

/** What became of a pool thread: it got a job, its end is being waited for, it has ended. */
export interface PoolWorkerEvent {
  /** What happened. */
  readonly kind: 'job' | 'shutdown' | 'disconnect';
  /** The pool thread's number, from 0. */
  readonly worker: number;
}

/** Something happened to a pool thread of the server. */
export const poolWorkerEvent: ObservedEvent<PoolWorkerEvent> = new ObservedEvent('heddle:pool-worker');

/** A server takes no more connections and ends those it has. */
export interface ShutdownStarted {
  /** How many server threads have connections to end. */
  readonly threads: number;
}

/** The accept queues of a server are empty and its sockets closed, since it was told to end or had its last request. */
export const shutdownStarted: ObservedEvent<ShutdownStarted> = new ObservedEvent('heddle:shutdown-started');
