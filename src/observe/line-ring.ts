const WRITTEN = 0;
const TAKEN = 1;
const DROPPED = 2;
const HEADER_BYTES = 16;
const NEWLINE = 0x0a;

/**
 * Lines on their way from one thread to the one that writes them, in memory that both have: what a thread has put there
 * outlives it, however it dies. A line that finds no room is dropped and counted, so that nobody ever waits.
 */
export class LineRing {
  /** For the other thread. */
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #bytes: Buffer;
  readonly #size: number;
  readonly #bell: LineBell;

  /**
   * @param memory made by {@link LineRing.allocate}
   * @param bell rung when there is something to take
   */
  constructor(memory: SharedArrayBuffer, bell: LineBell) {
    this.memory = memory;
    this.#words = new Int32Array(memory, 0, HEADER_BYTES / 4);
    this.#bytes = Buffer.from(memory, HEADER_BYTES);
    this.#size = memory.byteLength - HEADER_BYTES;
    this.#bell = bell;
  }

  /**
   * Memory for a ring.
   * @param size how many bytes of lines it holds: a power of two, up to 2^30
   */
  static allocate(size: number): SharedArrayBuffer {
    return new SharedArrayBuffer(HEADER_BYTES + size);
  }

  /**
   * Puts a line in, whole, or counts it as dropped. For the one thread that writes into it.
   * @param line of ASCII characters, with its line end and no other
   */
  add(line: string): void {
    const words = this.#words;
    const written = Atomics.load(words, WRITTEN);
    const { length } = line;
    if (length > this.#size - ((written - Atomics.load(words, TAKEN)) | 0)) {
      Atomics.add(words, DROPPED, 1);
    } else {
      const at = written & (this.#size - 1);
      const room = this.#size - at;
      if (length <= room) this.#bytes.write(line, at, 'latin1');
      else {
        this.#bytes.write(line.slice(0, room), at, 'latin1');
        this.#bytes.write(line.slice(room), 0, 'latin1');
      }
      Atomics.store(words, WRITTEN, (written + length) | 0);
    }
    this.#bell.ring();
  }

  /**
   * What is there to take, in one piece or two. For the one thread that takes.
   * @param atMost no more bytes than these, up to the end of a line; but one line, where that is longer
   */
  readable(atMost: number): Uint8Array[] {
    const taken = Atomics.load(this.#words, TAKEN);
    const length = (Atomics.load(this.#words, WRITTEN) - taken) | 0;
    const start = taken & (this.#size - 1);
    const first = this.#bytes.subarray(start, Math.min(start + length, this.#size));
    const second = this.#bytes.subarray(0, length - first.length);
    if (length <= atMost) return second.length === 0 ? [first] : [first, second];
    const end = lineEnd(first, second, atMost);
    if (end <= first.length) return [first.subarray(0, end)];
    return [first, second.subarray(0, end - first.length)];
  }

  /**
   * Makes room: so many bytes of {@link readable} are no longer needed.
   * @param count 1 or more
   * @returns whether what is left begins with a whole line, or nothing is left
   */
  take(count: number): boolean {
    const taken = (Atomics.load(this.#words, TAKEN) + count) | 0;
    Atomics.store(this.#words, TAKEN, taken);
    return this.#bytes[(taken - 1) & (this.#size - 1)] === NEWLINE;
  }

  /** How many lines were dropped since it was asked last. */
  takeDropped(): number {
    return Atomics.exchange(this.#words, DROPPED, 0);
  }

  /** Whether there is anything to take. */
  get isEmpty(): boolean {
    return Atomics.load(this.#words, WRITTEN) === Atomics.load(this.#words, TAKEN);
  }
}

/** Behind the last line that ends within so many bytes; behind the first one, where that is longer. */
function lineEnd(first: Buffer, second: Buffer, atMost: number): number {
  const inSecond = atMost > first.length ? second.lastIndexOf(NEWLINE, atMost - first.length - 1) : -1;
  if (inSecond >= 0) return first.length + inSecond + 1;
  const inFirst = first.lastIndexOf(NEWLINE, Math.min(atMost, first.length) - 1);
  if (inFirst >= 0) return inFirst + 1;
  const next = first.indexOf(NEWLINE);
  return next >= 0 ? next + 1 : first.length + second.indexOf(NEWLINE) + 1;
}

/** What threads ring when they have put the first line into their rings since somebody looked. */
export class LineBell {
  /** For other threads. */
  readonly memory: SharedArrayBuffer;
  readonly #word: Int32Array;

  /** @param memory of the bell; without it a new one */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.memory = memory;
    this.#word = new Int32Array(memory);
  }

  /** There is something. Costs nothing where it was rung already. */
  ring(): void {
    if (Atomics.load(this.#word, 0) !== 0) return;
    Atomics.store(this.#word, 0, 1);
    Atomics.notify(this.#word, 0);
  }

  /** Resolves when it is rung; at once where it was. Nothing is kept alive by it. */
  async rung(): Promise<void> {
    const { async, value } = Atomics.waitAsync(this.#word, 0, 0);
    if (async) await value;
  }

  /** From here on the next line rings again. */
  reset(): void {
    Atomics.store(this.#word, 0, 0);
  }
}
