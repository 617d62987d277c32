import type { JobRunner } from '#pool/job-runner.ts';
import type { ContentCoding } from '#semantics/content-coding.ts';
import { compressContent } from '#static/compress-job.ts';
import type { CompressedContents } from '#static/compressed-contents.ts';
import type { FromServerThread, ToServerThread } from './server-messages.ts';

/** So many of them are remembered, lest those that never come add up. */
const MOST_WANTED = 1_000;
/** What was asked for and did not come is asked for again after so long, in milliseconds. */
const ASK_AGAIN_MS = 10_000;

interface Wanted {
  readonly coding: ContentCoding;
  readonly read: () => Uint8Array | undefined;
  readonly askedAt: number;
}

/** The compressed contents of files as one server thread has them: from `CompressedStore`, or made on the pool for it. */
export class ThreadCompression implements CompressedContents {
  readonly #pool: JobRunner;
  readonly #post: (message: FromServerThread) => void;
  readonly #kept = new Map<string, Uint8Array>();
  readonly #wanted = new Map<string, Wanted>();

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
    if (now - askedAt < ASK_AGAIN_MS) return;
    if (this.#wanted.size >= MOST_WANTED) this.#wanted.clear();
    this.#wanted.set(key, { coding, read, askedAt: now });
    this.#post({ kind: 'compressed', key, bytes: undefined });
  }

  /** The supervisor's word: the content; `undefined` to make it; `null` to let go of it. */
  onMessage({ key, bytes }: Extract<ToServerThread, { kind: 'compressed' }>): void {
    if (bytes === undefined) void this.#make(key);
    else if (bytes === null) this.#kept.delete(key);
    else {
      this.#wanted.delete(key);
      this.#kept.set(key, new Uint8Array(bytes));
    }
  }

  async #make(key: string): Promise<void> {
    const wanted = this.#wanted.get(key);
    const content = wanted?.read();
    let bytes: SharedArrayBuffer | null = null;
    try {
      if (wanted !== undefined && content !== undefined) {
        // Behind every job of the app.
        const options = { priority: LOWEST_PRIORITY };
        bytes = await this.#pool.execute(compressContent, [content, wanted.coding], options);
      }
    } catch {
      // A full queue, or a pool that ends: the file goes out as it is, and is asked for again later.
    }
    this.#post({ kind: 'compressed', key, bytes });
  }
}

const LOWEST_PRIORITY = -1_000_000;
