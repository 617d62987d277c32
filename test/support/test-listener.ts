import type { ExchangeLog } from '#exchange/exchange-log.ts';
import type { ConnectionTaker } from '#exchange/handed-exchange.ts';
import type { Handler } from '#exchange/handler.ts';
import type { ConnectionBoard } from '#net/connection-board.ts';
import type { ConnectionSettings } from '#net/connection-host.ts';
import { HttpListener } from '#net/listener.ts';
import {
  peerRefused,
  type RequestFailed,
  type RequestTimedOut,
  requestFailed,
  requestTimedOut,
} from '#observe/events.ts';
import { RawClient } from './raw-client.ts';

const NEVER_MS = 3_600_000;

/** Deadlines that never come: a test sets the one that it is about. */
const SETTINGS: ConnectionSettings = {
  limits: {
    maxHeadBytes: 16_384,
    maxFields: 100,
    maxTargetBytes: 8192,
    maxTrailerBytes: 8192,
    maxChunkExtensionBytes: 1024,
  },
  keepAliveMs: NEVER_MS,
  headMs: NEVER_MS,
  bodyIdleMs: NEVER_MS,
  bodyGraceMs: NEVER_MS,
  minBodyBytesPerSecond: 1,
  writeStallMs: NEVER_MS,
  peerProbeMs: NEVER_MS,
  requestTimeoutMs: 0,
  lingerMs: NEVER_MS,
  maxDiscardBytes: 65_536,
};

/** What a test changes. */
export interface TestListenerOptions {
  readonly settings?: Partial<ConnectionSettings>;
  readonly maxConnections?: number;
  readonly admit?: () => boolean;
  readonly board?: ConnectionBoard;
  readonly taker?: ConnectionTaker;
  readonly exchanges?: ExchangeLog;
}

/** A listener on a free port, with clients; `await using` cuts all that is left. */
export class TestListener implements AsyncDisposable {
  readonly listener: HttpListener;
  /** The failures of the app that were published. */
  readonly failures: RequestFailed[] = [];
  /** The requests whose answers did not begin in time. */
  readonly timeouts: RequestTimedOut[] = [];
  /** The codes of the refusals that were published. */
  readonly refusals: string[] = [];
  readonly #unsubscribe: (() => void)[];
  #port = 0;

  private constructor(
    handler: Handler,
    { settings, maxConnections = 1000, admit, board, taker, exchanges }: TestListenerOptions,
  ) {
    this.listener = new HttpListener({
      handler,
      settings: { ...SETTINGS, ...settings },
      deadlinePeriodMs: 5,
      maxConnections,
      ...(admit === undefined ? {} : { admit }),
      board,
      taker,
      exchanges,
    });
    this.#unsubscribe = [
      requestFailed.subscribe((failure) => this.failures.push(failure)),
      requestTimedOut.subscribe((late) => this.timeouts.push(late)),
      peerRefused.subscribe(({ code }) => this.refusals.push(code)),
    ];
  }

  static async open(handler: Handler, options: TestListenerOptions = {}): Promise<TestListener> {
    const test = new TestListener(handler, options);
    await test.listener.listen({ host: '127.0.0.1', port: 0 });
    test.#port = test.listener.address?.port ?? 0;
    return test;
  }

  /** A new connection to it. */
  connect(options?: { isReading?: boolean }): Promise<RawClient> {
    return RawClient.open(this.#port, options);
  }

  /** Sends bytes on a new connection that is half-closed behind them; resolves with all that came back. */
  async exchange(bytes: string): Promise<string> {
    using client = await this.connect();
    client.send(bytes);
    client.halfClose();
    return (await client.rest()).text;
  }

  /** Resolves when no connection is left. */
  settled(): Promise<void> {
    return this.listener.drain(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    const closed = this.listener.stopAccepting();
    this.listener.abort();
    await closed;
    await this.listener.drain(0);
  }
}

/** A request with a Host and these further field lines. */
export function requestText(line: string, ...fields: string[]): string {
  return `${[`${line} HTTP/1.1`, 'Host: a', ...fields].join('\r\n')}\r\n\r\n`;
}

/** A promise, and what settles it from outside. */
export function gate<Value = void>(): PromiseWithResolvers<Value> {
  return Promise.withResolvers<Value>();
}
