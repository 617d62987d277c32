import type { ConnectionSettings } from './connection-host.ts';
import type { ReplyWriter } from './reply-writer.ts';

/**
 * Where a connection stands, and the deadline that guards each phase. Bytes that wait for the peer to read are
 * guarded by `writeStallMs` in every phase; the earliest deadline is armed, except that idle time and linger time
 * begin when all is sent.
 *
 * | phase | what goes on | deadline | next |
 * |---|---|---|---|
 * | `idle` | nothing of the next request has come | `keepAliveMs`; a fresh connection: `headMs` from accept | `head`, `handling`, `lingering` |
 * | `head` | part of a head has come | `headMs`, absolute | `handling`, `lingering` |
 * | `handling` | the handler has the request, or the rest of its content is read behind the answer | `requestTimeoutMs` until the answer begins; while content is waited for: `bodyIdleMs` and the least rate; else `peerProbeMs`, to look after the peer | `replying`, `idle`, `lingering` |
 * | `replying` | the head of the answer is out, its content is not | as in `handling`, without `requestTimeoutMs`: a running answer is not cut; a stream of events ends with the grace of a drain | `idle`, `lingering` |
 * | `lingering` | all is said; the peer may still read it (RFC9112§9.6) | `lingerMs` | `closed` |
 * | `closed` | the socket is gone | - | - |
 */
export type ConnectionPhase = 'idle' | 'head' | 'handling' | 'replying' | 'lingering' | 'closed';

/**
 * What a deadline that has passed was for.
 * - `stalled`: the peer left bytes unread for too long.
 * - `idle`: no request came. A connection that never said a word is one of these: browsers open some ahead of need.
 * - `head`: a head was begun and not completed.
 * - `overdue`: the handler took too long to begin its answer.
 * - `content`: content was waited for and did not come, or too slowly.
 * - `grace`: the server is going, and a stream of events had its time to end by itself.
 * - `probe`: the answer takes its time; it is time to see whether the peer is still there for it.
 * - `lingering`: the peer had time enough to read the last answer.
 */
export type Expiry = 'stalled' | 'idle' | 'head' | 'overdue' | 'content' | 'grace' | 'probe' | 'lingering';

/** By when the phase that a connection is in must end; all times in milliseconds of the monotonic clock. */
export class PhaseDeadline {
  readonly #settings: ConnectionSettings;
  readonly #writer: ReplyWriter;
  /** When idle, head or lingering must end. */
  #phaseEnd: number;
  /** Guards the first head from accept on; cleared with the first request. */
  #firstHeadEnd: number | undefined;
  /** When to look after the peer of an answer that takes its time. */
  #probeAt = Number.POSITIVE_INFINITY;
  /** When the server is going: by when idle connections and streams of events must end. */
  #graceEnd = Number.POSITIVE_INFINITY;
  #sendsEvents = false;
  /** When an answer that was promised must have begun. */
  #answerEnd = Number.POSITIVE_INFINITY;

  /** @param now when the connection was accepted */
  constructor(settings: ConnectionSettings, writer: ReplyWriter, now: number) {
    this.#settings = settings;
    this.#writer = writer;
    this.#phaseEnd = now + settings.headMs;
    this.#firstHeadEnd = this.#phaseEnd;
  }

  /** A request was answered; the next may take its time. */
  startIdle(now: number): void {
    this.#firstHeadEnd = undefined;
    this.#phaseEnd = now + this.#settings.keepAliveMs;
  }

  /** The server is going: idle time is no longer than this any more, and neither is a stream of events. */
  startGrace(end: number): void {
    this.#graceEnd = end;
  }

  /** The head of an answer is out. @param sendsEvents whether it is a stream of events */
  startContent(sendsEvents: boolean): void {
    this.#sendsEvents = sendsEvents;
  }

  /** The first byte of a head came. */
  startHead(now: number): void {
    this.#phaseEnd = this.#firstHeadEnd ?? now + this.#settings.headMs;
  }

  /** All is said, or all that was said is out. */
  startLingering(now: number): void {
    this.#phaseEnd = now + this.#settings.lingerMs;
  }

  /** The handler has promised an answer; one that it gives at once is never late. */
  startAnswer(now: number): void {
    const { requestTimeoutMs } = this.#settings;
    this.#answerEnd = requestTimeoutMs === 0 ? Number.POSITIVE_INFINITY : now + requestTimeoutMs;
  }

  /** The answer is written, while its request goes on: the rest of the content is read. */
  endAnswer(): void {
    this.#answerEnd = Number.POSITIVE_INFINITY;
  }

  /** How long an overdue answer has been waited for, in whole milliseconds. */
  answerMs(now: number): number {
    return Math.round(now - this.#answerEnd + this.#settings.requestTimeoutMs);
  }

  /** Something may hide that the peer has gone: it is looked after some time from now. */
  startProbe(now: number): void {
    const { peerProbeMs } = this.#settings;
    this.#probeAt = peerProbeMs === 0 ? Number.POSITIVE_INFINITY : now + peerProbeMs;
  }

  /** Whatever the peer does will be heard. */
  endProbe(): void {
    this.#probeAt = Number.POSITIVE_INFINITY;
  }

  /**
   * What the deadline was for that has passed.
   * @param phase the phase that it passed in
   */
  expiry(phase: Exclude<ConnectionPhase, 'closed'>, now: number): Expiry {
    if (this.#writer.stallDeadline(now, this.#settings.writeStallMs) <= now) return 'stalled';
    if (phase === 'handling' && this.#answerEnd <= now) return 'overdue';
    if (phase === 'replying' && this.#streamEnd <= now) return 'grace';
    if (phase === 'handling' || phase === 'replying') return this.#probeAt <= now ? 'probe' : 'content';
    return phase;
  }

  /**
   * The deadline to arm.
   * @param contentEnd by when content of the request must come
   */
  decide(phase: ConnectionPhase, now: number, contentEnd: number): number {
    const stallEnd = this.#writer.stallDeadline(now, this.#settings.writeStallMs);
    switch (phase) {
      case 'idle':
        return this.#writer.hasUnsent ? stallEnd : Math.min(this.#phaseEnd, this.#graceEnd);
      case 'lingering':
        return this.#writer.hasUnsent ? stallEnd : this.#phaseEnd;
      case 'head':
        return Math.min(stallEnd, this.#phaseEnd);
      case 'handling':
        return Math.min(stallEnd, contentEnd, this.#probeAt, this.#answerEnd);
      case 'replying':
        return Math.min(stallEnd, contentEnd, this.#probeAt, this.#streamEnd);
      case 'closed':
        return Number.POSITIVE_INFINITY;
    }
  }
  get #streamEnd(): number {
    return this.#sendsEvents ? this.#graceEnd : Number.POSITIVE_INFINITY;
  }
}
