import type { JobRunner } from '#pool/job-runner.ts';
import type { ContentCoding } from '#semantics/content-coding.ts';
import { compressContent } from '#static/compress-job.ts';
import type { CompressedContents } from '#static/compressed-contents.ts';
import type { FromServerThread, ToServerThread } from './server-messages.ts';

/** What was asked for and did not come is asked for again after so long, in milliseconds. */
const ASK_AGAIN_MS = 10_000;
/** So many are remembered, or wait to be made here; the rest is asked for again when a client comes again. */
const MOST_WANTED = 1_000;
/** Behind every job of the app. */
const LOWEST_PRIORITY = -1_000_000;

interface Wanted {
  readonly coding: ContentCoding;
  readonly read: () => Uint8Array | undefined;
  readonly askedAt: number;
}

/**
 * The compressed contents of files as one server thread has them: from `CompressedStore`, or made on the pool for it. One
 * is made at a time, so that those that wait hold no content, and leave the queue of the pool to the app.
 */
export class ThreadCompression implements CompressedContents {
  readonly #pool: JobRunner;
  readonly #post: (message: FromServerThread) => void;
  readonly #kept = new Map<string, Uint8Array>();
  /** The earliest first. */
  readonly #wanted = new Map<string, Wanted>();
  /** What is to be made here, in its order; the first is under way. */
  readonly #row = new Map<string, Wanted>();
  #isMaking = false;

  /**
   * @param pool compresses
   * @param post sends a message to the supervisor
   */
  constructor(pool: JobRunner, post: (message: FromServerThread) => void) {
    this.#pool = pool;
    this.#post = post;
  }

  have(key: string): Uint8Array | 'worthless' | undefined {
    const bytes = this.#kept.get(key);
    return bytes?.length === 0 ? 'worthless' : bytes;
  }

  want(key: string, coding: ContentCoding, read: () => Uint8Array | undefined): void {
    const now = performance.now();
    const { askedAt = Number.NEGATIVE_INFINITY } = this.#wanted.get(key) ?? {};
    if (this.#row.has(key) || now - askedAt < ASK_AGAIN_MS) return;
    this.#wanted.delete(key);
    this.#wanted.set(key, { coding, read, askedAt: now });
    for (const earliest of this.#wanted.keys()) {
      if (this.#wanted.size <= MOST_WANTED) break;
      this.#wanted.delete(earliest);
    }
    this.#post({ kind: 'compressed', key, bytes: undefined });
  }

  /** The supervisor's word: the content; `undefined` to make it; `null` to let go of it. */
  onMessage({ key, bytes }: Extract<ToServerThread, { kind: 'compressed' }>): void {
    const wanted = this.#wanted.get(key);
    if (bytes === null) this.#kept.delete(key);
    else if (bytes !== undefined) {
      this.#wanted.delete(key);
      this.#kept.set(key, new Uint8Array(bytes));
    } else if (wanted === undefined || this.#row.size >= MOST_WANTED) {
      this.#post({ kind: 'compressed', key, bytes: null });
    } else if (!this.#row.has(key)) {
      this.#row.set(key, wanted);
      if (!this.#isMaking) void this.#makeAll();
    }
  }

  async #makeAll(): Promise<void> {
    this.#isMaking = true;
    for (const [key, wanted] of this.#row) {
      const bytes = await this.#make(wanted);
      this.#row.delete(key);
      this.#post({ kind: 'compressed', key, bytes });
    }
    this.#isMaking = false;
  }

  async #make({ coding, read }: Wanted): Promise<SharedArrayBuffer | null> {
    try {
      const content = read();
      if (content === undefined) return null;
      return await this.#pool.execute(compressContent, [content, coding], { priority: LOWEST_PRIORITY });
    } catch {
      // A disk that fails, a full queue, a pool that ends: the file goes out as it is, and is asked for again later.
      return null;
    }
  }
}
