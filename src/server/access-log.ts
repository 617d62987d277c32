import type { EndedExchange, ExchangeLog, LoggedRequest } from '#exchange/exchange-log.ts';
import { LineBell, LineRing } from '#observe/line-ring.ts';
import { type AccessLogFormat, type LineFormat, lineFormat } from './access-line.ts';
import type { Forwarding } from './forwarding.ts';
import type { RequestIds } from './request-ids.ts';

/** A thread's place at the access log: plain values, which cross threads. */
export interface AccessLogSeat {
  /** Where its lines go. */
  readonly ring: SharedArrayBuffer;
  /** What is rung when there are some. */
  readonly bell: SharedArrayBuffer;
  /** How lines look. */
  readonly format: AccessLogFormat;
  /** Whether they have colours. */
  readonly hasColour: boolean;
}

/** What the lines of one thread have in common, and how they are made. */
export interface AccessLogThread {
  readonly ids: RequestIds;
  readonly forwarding: Forwarding;
  /** Which server thread this is, from 0. */
  readonly thread: number;
  /** The number of its generation, from 1. */
  readonly generation: number;
}

/** The access log of one thread: makes the lines, which somebody else writes. */
export class AccessLog implements ExchangeLog {
  readonly #ring: LineRing;
  readonly #format: LineFormat;
  readonly #ids: RequestIds;
  readonly #forwarding: Forwarding;

  /**
   * @param seat where lines go
   * @param about the thread
   */
  constructor({ ring, bell, ...looks }: AccessLogSeat, { ids, forwarding, ...about }: AccessLogThread) {
    this.#ring = new LineRing(ring, new LineBell(bell));
    this.#format = lineFormat({ ...looks, ...about });
    this.#ids = ids;
    this.#forwarding = forwarding;
  }

  begin(request: LoggedRequest): void {
    // At once: should the app fail at it, the entry of that names it too.
    this.#ids.of(request);
  }

  end(exchange: EndedExchange): void {
    const { request, isWhole } = exchange;
    // The fields of a head that was refused are not believed.
    const ip = isWhole ? this.#forwarding.addressOf(request) : request.remoteAddress;
    this.#ring.add(this.#format(exchange, ip, Date.now()));
  }
}
