import type { ExchangeLog } from '#exchange/exchange-log.ts';
import type { Handler } from '#exchange/handler.ts';
import type { MessageLimits } from '#http1/limits.ts';
import type { PaceSettings } from './body-pace.ts';
import type { Clock } from './clock.ts';
import type { ConnectionBoard } from './connection-board.ts';
import type { TrafficMeter } from './traffic-meter.ts';

/** Limits and deadlines of a connection; times in milliseconds. Defaults stand in `server/serve-options.ts`. */
export interface ConnectionSettings extends PaceSettings {
  /** What the engine refuses above. */
  readonly limits: MessageLimits;
  /** How long an idle connection stays open. */
  readonly keepAliveMs: number;
  /** By when a head must be complete, from its first byte or from accept. */
  readonly headMs: number;
  /** How long a peer may leave what was sent unread. */
  readonly writeStallMs: number;
  /** How long an answer may take until its peer is looked after, and each time between two looks; 0: never. */
  readonly peerProbeMs: number;
  /** How long an answer may take from the complete head of its request to its first byte; 0: as long as it likes. */
  readonly requestTimeoutMs: number;
  /** How long the peer may take to read the last answer and end its side. */
  readonly lingerMs: number;
  /** How much of a body that nobody reads is taken to keep the connection, in bytes. */
  readonly maxDiscardBytes: number;
}

/** `Keep-Alive` promises this much less than is kept, so that a client stops using the connection before we do. */
const KEEP_ALIVE_MARGIN_SECONDS = 1;

/** What `Keep-Alive` promises, in whole seconds. */
export function promisedSeconds({ keepAliveMs }: Pick<ConnectionSettings, 'keepAliveMs'>): number {
  return Math.floor(keepAliveMs / 1000) - KEEP_ALIVE_MARGIN_SECONDS;
}

/**
 * What a connection shares with the others of its thread.
 * @typeParam Member the connection
 */
export interface ConnectionHost<Member> {
  /** Limits and deadlines. */
  readonly settings: ConnectionSettings;
  /** Answers requests. */
  readonly handler: Handler;
  /** The time. */
  readonly clock: Clock;
  /** Where others see what each connection is at; `undefined` where nobody looks. */
  readonly board: ConnectionBoard | undefined;
  /** Counts what passes; `undefined` where nobody asks. */
  readonly meter: TrafficMeter | undefined;
  /** Who is told of each exchange; `undefined` where nobody keeps a log. */
  readonly exchanges: ExchangeLog | undefined;
  /** Whether the server is going: every answer ends its connection. */
  readonly isDraining: boolean;
  /** Counts a complete request head; `false`: it is one too many and gets no answer. */
  admit(): boolean;
  /** The connection is gone. */
  onConnectionClosed(connection: Member): void;
}
