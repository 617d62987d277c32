import type { IncomingRequest } from './incoming-request.ts';

/** What a log of exchanges looks at in a request. */
export type LoggedRequest = Pick<
  IncomingRequest,
  'method' | 'target' | 'minorVersion' | 'field' | 'remoteAddress' | 'id'
>;

/**
 * How an exchange ended.
 * - `complete`: all of the answer was handed to the system
 * - `aborted`: the client left before that
 * - `timeout`: the answer did not begin in time, and the client was told so (503)
 * - `refused`: the client's bytes were refused
 * - `stalled`: the client did not read the answer
 * - `failed`: the content of the answer failed midway
 * - `cut`: the server was stopped, or had waited long enough for it to end
 * - `upgraded`: the connection was taken over, for another protocol
 * - `lost`: its thread died
 */
export type ExchangeOutcome =
  | 'complete'
  | 'aborted'
  | 'timeout'
  | 'refused'
  | 'stalled'
  | 'failed'
  | 'cut'
  | 'upgraded'
  | 'lost';

/** One exchange, when it has ended. */
export interface EndedExchange {
  /** What was asked; of a head that was refused, as much as could be read: its method and target may be empty. */
  readonly request: LoggedRequest;
  /** Whether the head of the request was read whole; where not, its fields mean nothing. */
  readonly isWhole: boolean;
  /** The status of the answer; 0 where none of it was sent. */
  readonly status: number;
  /** How much content of the request was taken, in bytes without framing; `undefined` where that is not known. */
  readonly bytesIn: number | undefined;
  /** How much content of the answer was handed to the system, in bytes without framing. */
  readonly bytesOut: number;
  /** From the complete head on, in milliseconds; `undefined` where there was no complete head. */
  readonly durationMs: number | undefined;
  /** How it ended. */
  readonly outcome: ExchangeOutcome;
  /** The code of the refusal, where the outcome is one. */
  readonly reason?: string | undefined;
}

/** Who is told of every exchange; called in the middle of serving, so it must neither throw nor wait. */
export interface ExchangeLog {
  /** A complete head has come. Its address is known from here on, though its connection go. */
  begin(request: LoggedRequest): void;
  /** An exchange has ended: one that had begun, or a head that was refused. Called once for each. */
  end(exchange: EndedExchange): void;
}
