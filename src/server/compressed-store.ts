import type { ManagedThread } from '#threads/managed-thread.ts';
import type { FromServerThread, ToServerThread } from './server-messages.ts';

/** A server thread's word about compressed content. */
export type CompressedMessage = Extract<FromServerThread, { kind: 'compressed' }>;

/** What is kept, and by whom. */
interface Kept {
  /** Empty where the coding makes nothing smaller, or there is no room. */
  readonly bytes: SharedArrayBuffer;
  /** Nothing else will come: else there was no room. */
  readonly isFinal: boolean;
  /** When it was made, by the store's clock. */
  readonly madeAt: number;
  /** Who was given it, and has to let go of it. */
  readonly holders: Set<ManagedThread>;
}

/** What is being made. */
interface Wanted {
  maker: ManagedThread;
  /** Who else wants it. */
  readonly others: Set<ManagedThread>;
}

/** What makes nothing smaller takes no bytes: their number is bounded, too. */
const MOST_KEPT = 10_000;
/** Nothing makes room so soon after it was made, in milliseconds: two that want one place would be made for ever. */
const STAYS_MS = 60_000;
const NO_BYTES = new SharedArrayBuffer(0);

/**
 * The compressed contents of files, in memory that all server threads share: each is made once, by the thread that asks
 * first, whichever generation it is of. Threads that ask meanwhile hear when it is there.
 */
export class CompressedStore {
  /** The earliest first. */
  readonly #kept = new Map<string, Kept>();
  readonly #wanted = new Map<string, Wanted>();
  readonly #now: () => number;
  #bytes = 0;

  /** @param now the time in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** How many bytes are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * A thread wants compressed content, or has made some.
   * @param thread which
   * @param message its word
   * @param maxBytes the most to keep; what was made a while ago makes room
   */
  onMessage(thread: ManagedThread, { key, bytes }: CompressedMessage, maxBytes: number): void {
    if (bytes === undefined) this.#onWanted(thread, key);
    else this.#onMade(key, bytes, maxBytes);
  }

  /** A thread has ended: what it was to make is made by another that waits for it. */
  forget(thread: ManagedThread): void {
    for (const { holders } of this.#kept.values()) holders.delete(thread);
    for (const [key, wanted] of this.#wanted) {
      wanted.others.delete(thread);
      if (wanted.maker !== thread) continue;
      const [next] = wanted.others;
      if (next === undefined) this.#wanted.delete(key);
      else this.#order(next, key, wanted);
    }
  }

  #onWanted(thread: ManagedThread, key: string): void {
    const kept = this.#kept.get(key);
    const wanted = this.#wanted.get(key);
    if (kept !== undefined) give(thread, key, kept);
    // A maker that asks again has lost sight of it.
    else if (wanted !== undefined && wanted.maker !== thread) wanted.others.add(thread);
    else this.#order(thread, key, wanted ?? { maker: thread, others: new Set() });
  }

  #order(maker: ManagedThread, key: string, wanted: Wanted): void {
    wanted.maker = maker;
    wanted.others.delete(maker);
    this.#wanted.set(key, wanted);
    send(maker, { kind: 'compressed', key, bytes: undefined });
  }

  #onMade(key: string, bytes: SharedArrayBuffer | null, maxBytes: number): void {
    const { maker, others = [] } = this.#wanted.get(key) ?? {};
    this.#wanted.delete(key);
    if (bytes === null || this.#kept.has(key)) return;
    const now = this.#now();
    const hasRoom = this.#makeRoom(bytes.byteLength, maxBytes, now);
    const isFinal = hasRoom || bytes.byteLength > maxBytes;
    const kept = {
      bytes: hasRoom ? bytes : NO_BYTES,
      isFinal,
      madeAt: now,
      holders: new Set<ManagedThread>(),
    };
    this.#kept.set(key, kept);
    this.#bytes += kept.bytes.byteLength;
    if (maker !== undefined) give(maker, key, kept);
    for (const thread of others) give(thread, key, kept);
  }

  /** Drops what was made a while ago, as far as it is in the way, and what was refused for want of room. */
  #makeRoom(bytes: number, maxBytes: number, now: number): boolean {
    const isFull = (): boolean => this.#bytes + bytes > maxBytes || this.#kept.size >= MOST_KEPT;
    for (const [key, kept] of this.#kept) {
      if (now - kept.madeAt < STAYS_MS) break;
      if (isFull() || !kept.isFinal) this.#drop(key, kept);
    }
    return !isFull();
  }

  #drop(key: string, { bytes, holders }: Kept): void {
    this.#kept.delete(key);
    this.#bytes -= bytes.byteLength;
    for (const holder of holders) send(holder, { kind: 'compressed', key, bytes: null });
  }
}

function give(thread: ManagedThread, key: string, { bytes, holders }: Kept): void {
  holders.add(thread);
  send(thread, { kind: 'compressed', key, bytes });
}

function send(thread: ManagedThread, message: ToServerThread): void {
  if (thread.phase !== 'exited') thread.post(message);
}
