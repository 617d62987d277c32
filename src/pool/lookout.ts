import { availableParallelism } from 'node:os';

/** The longest look, in milliseconds: a round trip between two threads, one of which has to be woken, and then some. */
const LOOK_MS = 0.08;
/** After so many milliseconds the event loop has its turn, however many jobs come. */
const MOST_MS = 1;

/**
 * Lets a thread that has nothing to do look out for its next job for a moment before it sleeps. To wake a sleeping thread
 * costs some 25 µs, half of a job's round trip. It looks only where the last job came within such a moment, and no more
 * once it looked in vain: an idle thread sleeps.
 */
export class Lookout {
  readonly #cores: number;
  readonly #now: () => number;
  #isWorthIt = false;
  #idleSince = 0;

  /**
   * @param cores a single one belongs to whoever is to send the next job
   * @param now the time in milliseconds
   */
  constructor(cores: number = availableParallelism(), now: () => number = () => performance.now()) {
    this.#cores = cores;
    this.#now = now;
  }

  /** A job has come by way of the event loop. */
  onWoken(): void {
    this.#isWorthIt = this.#cores > 1 && this.#now() - this.#idleSince < LOOK_MS;
  }

  /**
   * Nothing is left to do.
   * @param look handles what has come; whether anything had
   * @param isIdle whether nothing is left to do after that
   */
  onIdle(look: () => boolean, isIdle: () => boolean): void {
    const begin = this.#now();
    this.#idleSince = begin;
    while (this.#isWorthIt) {
      if (look()) {
        if (!isIdle()) return;
        this.#idleSince = this.#now();
        if (this.#idleSince - begin > MOST_MS) return;
      } else if (this.#now() - this.#idleSince > LOOK_MS) this.#isWorthIt = false;
    }
  }
}
