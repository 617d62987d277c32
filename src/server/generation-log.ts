import type { Log } from '#observe/log.ts';

/** How many generations there are, in memory that all threads share. The supervisor writes it. */
export class GenerationCount {
  /** For other threads. */
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;

  /** @param buffer of the supervisor's; without it a new one */
  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  /** How many there are: the one that serves, the one that is prepared, those that finish what they have. */
  get value(): number {
    return Atomics.load(this.#words, 0);
  }

  set value(count: number) {
    Atomics.store(this.#words, 0, count);
  }
}

/**
 * The log of one generation. Threads of two generations have the same names: while there are several, each line says
 * whose it is.
 * @param log where to
 * @param number the generation's, from 1
 * @param count how many there are
 */
export function generationLog(log: Log, number: number, count: GenerationCount): Log {
  return {
    write: (severity, message) =>
      log.write(severity, count.value > 1 ? `generation ${number}: ${message}` : message),
  };
}
