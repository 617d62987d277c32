import type { Clock } from './clock.ts';
import type { ConnectionHost } from './connection-host.ts';
import type { TrafficMeter } from './traffic-meter.ts';

/** Counts the requests of one connection, one after another: each that begins ends once. */
export class ExchangeMeter {
  /** Of the answer that has begun; 0 where none has. */
  status = 0;
  readonly #meter: TrafficMeter;
  readonly #clock: Clock;
  #method = '';
  #startedAt = 0;
  #isOpen = false;

  /**
   * @param meter the thread's
   * @param clock the thread's
   */
  constructor(meter: TrafficMeter, clock: Clock) {
    this.#meter = meter;
    this.#clock = clock;
  }

  /** For one more connection; `undefined` where nobody counts. */
  static of({ meter, clock }: Pick<ConnectionHost<never>, 'meter' | 'clock'>): ExchangeMeter | undefined {
    return meter === undefined ? undefined : new ExchangeMeter(meter, clock);
  }

  /** A request was received. */
  begin(method: string): void {
    this.#isOpen = true;
    this.#method = method;
    this.#startedAt = this.#clock.now;
    this.status = 0;
    this.#meter.onBegun(method);
  }

  /** It was refused while its content came, and its peer told so. */
  refuse(status: number): void {
    this.status = status;
    this.end(true);
  }

  /** Its connection speaks another protocol from now on. */
  leave(): void {
    this.status = 101;
    this.end(true);
  }

  /**
   * Nothing more is written for it. Without effect where that is known.
   * @param isWhole whether all of the answer was
   */
  end(isWhole: boolean): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    // The one reading of the clock that a request costs: an answer in the same turn would else have taken no time.
    this.#clock.tick();
    this.#meter.onEnded(this.#method, this.status, isWhole, this.#clock.now - this.#startedAt);
  }
}
