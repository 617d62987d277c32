import type { ManagedThread } from '#threads/managed-thread.ts';
import type { FromServerThread, ToServerThread } from './server-messages.ts';

/** A server thread's word about compressed content. */
export type CompressedMessage = Extract<FromServerThread, { kind: 'compressed' }>;

/**
 * The compressed contents of files, in memory that all server threads share: each is made once, by the thread that asks
 * first, whichever generation it is of. Threads that ask meanwhile hear when it is there.
 */
export class CompressedStore {
  /** The earliest first. */
  readonly #kept = new Map<string, SharedArrayBuffer>();
  /** Who was told to make it, and who else wants it. */
  readonly #wanted = new Map<string, Set<ManagedThread>>();
  /** Who was given something, and has to let go of it. */
  readonly #holders = new Map<string, Set<ManagedThread>>();
  #bytes = 0;

  /** How many bytes are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * A thread wants compressed content, or has made some.
   * @param thread which
   * @param message its word
   * @param maxBytes the most to keep; the earliest makes room
   */
  onMessage(thread: ManagedThread, { key, bytes }: CompressedMessage, maxBytes: number): void {
    if (bytes === undefined) this.#onWanted(thread, key);
    else this.#onMade(key, bytes, maxBytes);
  }

  /** A thread has ended: what it was to make is made by the next that asks. */
  forget(thread: ManagedThread): void {
    for (const threads of [this.#wanted, this.#holders]) {
      for (const [key, of] of threads) if (of.delete(thread) && of.size === 0) threads.delete(key);
    }
  }

  #onWanted(thread: ManagedThread, key: string): void {
    const kept = this.#kept.get(key);
    const wanted = this.#wanted.get(key);
    if (kept !== undefined) this.#give(thread, key, kept);
    else if (wanted !== undefined && !wanted.has(thread)) wanted.add(thread);
    else {
      // Also where it asks again, since nothing came: the one that was to make it has died.
      this.#wanted.set(key, (wanted ?? new Set()).add(thread));
      send(thread, { kind: 'compressed', key, bytes: undefined });
    }
  }

  #onMade(key: string, bytes: SharedArrayBuffer | null, maxBytes: number): void {
    const wanted = this.#wanted.get(key) ?? [];
    this.#wanted.delete(key);
    if (bytes === null || bytes.byteLength > maxBytes || this.#kept.has(key)) return;
    this.#kept.set(key, bytes);
    this.#bytes += bytes.byteLength;
    for (const thread of wanted) this.#give(thread, key, bytes);
    for (const [oldest, { byteLength }] of this.#kept) {
      if (this.#bytes <= maxBytes && this.#kept.size <= MOST_KEPT) break;
      this.#kept.delete(oldest);
      this.#bytes -= byteLength;
      for (const thread of this.#holders.get(oldest) ?? [])
        send(thread, { kind: 'compressed', key: oldest, bytes: null });
      this.#holders.delete(oldest);
    }
  }

  #give(thread: ManagedThread, key: string, bytes: SharedArrayBuffer): void {
    const holders = this.#holders.get(key) ?? new Set();
    this.#holders.set(key, holders.add(thread));
    send(thread, { kind: 'compressed', key, bytes });
  }
}

/** What makes nothing smaller takes no bytes: their number is bounded, too. */
const MOST_KEPT = 10_000;

function send(thread: ManagedThread, message: ToServerThread): void {
  if (thread.phase !== 'exited') thread.post(message);
}
