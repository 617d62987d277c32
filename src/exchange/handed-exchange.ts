import type { LoggedRequest } from './exchange-log.ts';
import type { Reply } from './reply.ts';

/** One request that a server inside the app answers: it has the connection, and tells what becomes of each request. */
export interface HandedExchange extends LoggedRequest {
  /** Whether any of the answer has been sent. */
  readonly hasBegun: boolean;
  /** Whether the request has come to its end. */
  readonly isComplete: boolean;
  /** Whether the answer has begun and its end will be that of the connection: only a reset tells that some is missing. */
  readonly isUnframed: boolean;
  /** The status of its answer; 0 where none has begun. */
  readonly status: number;
  /** Whether all of its answer was written. */
  readonly isSent: boolean;
  /** When its head had come, by `performance.now()`. */
  readonly startedAt: number;
  /** How much content of the request was taken, in bytes; `undefined` where nobody knows. */
  readonly contentReceived: number | undefined;
  /** How much content of the answer was given out to send, in bytes; counted where the follower keeps account. */
  readonly contentSent: number;
  /** Whether the app failed behind the head of its answer, which was cut then. */
  readonly hasFailed: boolean;
  /** Whether the deadline for the answer has passed: what the app throws behind that is no failure. */
  readonly hasTimedOut: boolean;
  /**
   * Makes the answer the last on its connection.
   * @returns `false` where its head is out, and says otherwise
   */
  closeAfter(): boolean;
  /** The deadline has passed. The socket is the caller's: nothing that the app still writes gets there. */
  timeOut(): void;
  /**
   * Ends a stream of events as its source would have ended it, and takes it for ended. The socket is the caller's then.
   * @returns `false` where it is something else: nothing was done
   */
  endEvents(): boolean;
}

/** Whom the server of an app tells what its requests on one connection are at. */
export interface ExchangeFollower {
  /** Whether content that is sent is to be counted. */
  readonly keepsAccount: boolean;
  /** The peer's address; empty for a Unix domain socket. */
  readonly remoteAddress: string;
  /**
   * A complete head has come.
   * @returns `false`: it is one too many, or comes behind the last answer; nobody is to answer it
   */
  begin(exchange: HandedExchange): boolean;
  /** The head of its answer is out, or about to be. */
  answer(exchange: HandedExchange): void;
  /** Its answer is sent, or never will be. */
  end(exchange: HandedExchange): void;
  /**
   * A request to speak another protocol from now on (RFC9110§7.8).
   * @param refusal the answer to one that is refused
   * @returns `false`: nobody is to answer it
   */
  upgrade(request: LoggedRequest, refusal?: Reply): boolean;
  /**
   * Bytes were refused that are no request.
   * @param status what the peer was told; 0 where nobody here knows
   * @param code why, in the words of that server
   */
  refuse(status: number, code: string): void;
}

/** A server inside the app, which is handed connections as they were accepted. */
export interface ConnectionTaker {
  /**
   * Takes a connection.
   * @param socket just accepted, or between two requests; nothing was read from it
   * @param follower whom it tells about the requests there
   */
  take(socket: unknown, follower: ExchangeFollower): void;
  /**
   * Connections will come from now on.
   * @param address where they are accepted, as `net.Server` tells it
   */
  onListening(address: unknown): void;
}
