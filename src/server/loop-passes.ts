import type { LoadShedder } from './load-shedder.ts';

/** Tells a shedder what it goes by: when the event loop of this thread comes round, and whether each pass has accepted. */
export class LoopPasses {
  readonly #shedder: LoadShedder;
  readonly #looks: ReturnType<typeof setInterval>;
  /** Whether the end of a pass is waited for; while none has accepted nothing is, and an idle loop sleeps. */
  #isWatching = false;
  #hasAccepted = false;

  /** @param shedder is told from now on */
  constructor(shedder: LoadShedder) {
    this.#shedder = shedder;
    this.#looks = setInterval(() => shedder.look(performance.now()), shedder.periodMs);
    this.#looks.unref();
  }

  /** A connection was accepted. */
  onAccept(): void {
    this.#hasAccepted = true;
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#shedder.beginQueue(performance.now());
    setImmediate(this.#onPassEnd);
  }

  /** Ends the looks at the loop. */
  stop(): void {
    clearInterval(this.#looks);
  }

  readonly #onPassEnd = (): void => {
    if (this.#hasAccepted) {
      this.#hasAccepted = false;
      setImmediate(this.#onPassEnd);
      return;
    }
    this.#isWatching = false;
    this.#shedder.endQueue();
  };
}
