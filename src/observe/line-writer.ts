import { closeLineFile, type LineFile, openAgain, writePieces } from './line-file.ts';
import { LineBell, LineRing } from './line-ring.ts';
import type { Log } from './log.ts';

/** How long lines are collected: few writes under load, and nobody who looks on sees a delay. */
const COLLECT_MS = 50;
/** A pipe that is full has room again when its reader has read. */
const FULL_MS = 20;
/** What else keeps a write from being done takes somebody to mend it. */
const FAILED_MS = 1_000;
/** How often what was dropped is told of. */
const REPORT_MS = 1_000;
/** How long the end waits for what is slow. */
const CLOSE_MS = 2_000;

/** What a {@link LineWriter} is made of; sizes in bytes. */
export interface LineWriterOptions {
  /** What is written, for messages: `access log`. */
  readonly what: string;
  /** How many bytes of lines each thread may have waiting: a power of two. */
  readonly ringBytes: number;
  /** Where it is logged that lines were dropped, or cannot be written. */
  readonly log: Log;
}

/**
 * Writes the lines of several threads to one file, one write at a time, each of whole lines: no two of them ever mix. What
 * it cannot write in time waits in the rings of the threads, and what finds no room there is dropped, counted and told of.
 *
 * Start: when it is made. Stop: {@link close}.
 */
export class LineWriter {
  readonly #options: LineWriterOptions;
  readonly #bell = new LineBell();
  readonly #rings = new Set<LineRing>();
  /** Those whose threads have ended: to be let go of when they are empty. */
  readonly #left = new Set<LineRing>();
  readonly #ended: Promise<void>;
  #file: LineFile;
  #reopening: PromiseWithResolvers<void> | undefined;
  #isClosing = false;
  /** Its end has waited long enough. */
  #isLate = false;
  #isFailing = false;
  #dropped = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #wake: () => void = () => undefined;

  /**
   * @param file where to write; the writer's from now on
   * @param options how
   */
  constructor(file: LineFile, options: LineWriterOptions) {
    this.#file = file;
    this.#options = options;
    this.#ended = this.#run();
  }

  /** What rings of other threads are made with. */
  get bell(): SharedArrayBuffer {
    return this.#bell.memory;
  }

  /** A place for the lines of one more thread. */
  join(): LineRing {
    const ring = new LineRing(LineRing.allocate(this.#options.ringBytes), this.#bell);
    this.#rings.add(ring);
    return ring;
  }

  /** A thread has ended: what it has left is written, and its place given up. */
  leave(ring: LineRing): void {
    this.#left.add(ring);
    this.#bell.ring();
  }

  /**
   * Opens the path anew: the file that was there may have another name by now. Lines are neither lost nor split.
   * @returns resolves when nothing more is written to the file before; rejects with the error of the system, and writes on
   *   to that one. At once where there is no path.
   */
  reopen(): Promise<void> {
    if (this.#file.path === undefined || this.#isClosing) return Promise.resolve();
    this.#reopening ??= Promise.withResolvers<void>();
    this.#bell.ring();
    this.#wake();
    return this.#reopening.promise;
  }

  /**
   * Writes what there is, and ends.
   * @returns resolves when it is written, or what it is written to was too slow
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#bell.ring();
    this.#wake();
    const gaveUp = Promise.withResolvers<void>();
    const deadlines = [
      setTimeout(() => {
        this.#isLate = true;
        this.#wake();
      }, CLOSE_MS),
      // A write that does not come back.
      setTimeout(gaveUp.resolve, 2 * CLOSE_MS),
    ];
    await Promise.race([this.#ended, gaveUp.promise]);
    for (const deadline of deadlines) clearTimeout(deadline);
  }

  async #run(): Promise<void> {
    while (!this.#isClosing) {
      await this.#bell.rung();
      if (this.#reopening === undefined) await this.#pause(COLLECT_MS);
      this.#bell.reset();
      await this.#writeAll();
    }
    await this.#writeAll();
    this.#reportEnd();
    closeLineFile(this.#file);
  }

  async #writeAll(): Promise<void> {
    do await this.#writeRound();
    while (!this.#isLate && this.#hasLines());
    await this.#switchFile();
  }

  #hasLines(): boolean {
    for (const ring of this.#rings) if (!ring.isEmpty) return true;
    return false;
  }

  /** One write for each ring that has something. */
  async #writeRound(): Promise<void> {
    for (const ring of this.#rings) {
      await this.#switchFile();
      // Before it is looked at: a thread that has ended adds nothing any more.
      const hasLeft = this.#left.has(ring);
      if (!ring.isEmpty) await this.#writeLines(ring);
      this.#dropped += ring.takeDropped();
      if (!hasLeft || !ring.isEmpty) continue;
      this.#left.delete(ring);
      this.#rings.delete(ring);
    }
    this.#report();
  }

  /** Until a line is at its end: another's would else begin within it, or the rest be in another file. */
  async #writeLines(ring: LineRing): Promise<void> {
    let isWhole = true;
    for (;;) {
      const count = await this.#write(ring.readable(this.#file.atMost));
      if (count > 0) isWhole = ring.take(count);
      // Where nothing can be written, the other file may be on a disk that has room.
      const isDone = isWhole && (count > 0 || this.#reopening !== undefined);
      if (isDone || this.#isLate) return;
    }
  }

  /** Waits where nothing could be written. */
  async #write(pieces: readonly Uint8Array[]): Promise<number> {
    try {
      const count = await writePieces(this.#file, pieces);
      if (this.#isFailing) this.#options.log.write('info', `the ${this.#options.what} is written again`);
      this.#isFailing = false;
      return count;
    } catch (error) {
      const isFull = error instanceof Error && 'code' in error && error.code === 'EAGAIN';
      if (!isFull) this.#onFailure(error);
      await this.#pause(isFull ? FULL_MS : FAILED_MS);
      return 0;
    }
  }

  #onFailure(error: unknown): void {
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#options.log.write(
      'error',
      `${this.#about} cannot be written, and is tried every second: ${textOf(error)}`,
    );
  }

  async #switchFile(): Promise<void> {
    const reopening = this.#reopening;
    const { path } = this.#file;
    if (reopening === undefined || path === undefined) return;
    this.#reopening = undefined;
    const before = this.#file;
    try {
      this.#file = await openAgain({ ...before, path });
      closeLineFile(before);
      reopening.resolve();
    } catch (error) {
      reopening.reject(error);
      this.#options.log.write(
        'error',
        `${this.#about} cannot be opened anew, the file before is written to: ${textOf(error)}`,
      );
    }
  }

  #report(): void {
    const now = performance.now();
    if (this.#dropped === 0 || now < this.#reportedAt + REPORT_MS) return;
    this.#reportedAt = now;
    this.#tellDropped(this.#dropped);
    this.#dropped = 0;
  }

  #reportEnd(): void {
    for (const ring of this.#rings) {
      this.#dropped += ring.takeDropped();
      // Too late for these.
      for (const piece of ring.readable(Number.POSITIVE_INFINITY))
        for (const byte of piece) if (byte === 0x0a) this.#dropped += 1;
    }
    if (this.#dropped > 0) this.#tellDropped(this.#dropped);
  }

  #tellDropped(count: number): void {
    this.#options.log.write('warning', `${this.#about} took its lines too slowly: ${count} were dropped`);
  }

  get #about(): string {
    return `the ${this.#options.what} (${this.#file.name})`;
  }

  /** Ends early where somebody cannot wait. */
  #pause(ms: number): Promise<void> {
    if (this.#isLate || (this.#isClosing && ms === COLLECT_MS)) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      // It never keeps a process alive; while it is closed somebody else's timer does.
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
