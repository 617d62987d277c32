import { type ClientKey, hashKey } from '#semantics/client-key.ts';
import type { Rate } from './rate-value.ts';

/** Words of the whole memory: the seed of the hash. */
const SEED = 0;
const HEADER_BYTES = 8;
/** A set: its lock and, behind it, entries. */
const LOCK_BYTES = 8;
const ENTRY_BYTES = 24;
const ENTRIES = 8;
const SET_BYTES = LOCK_BYTES + ENTRIES * ENTRY_BYTES;
/** 65536 clients, in 1.6 MB. */
const SETS = 8192;
/** Words of an entry, and its doubles: when its level was known, in milliseconds (0: no entry), and that level. */
const HIGH = 0;
const LOW = 1;
const STAMP = 1;
const LEVEL = 2;
/** A lock is looked at so often, then so many times more, each after a wait, then taken over: its holder has died. */
const SPINS = 1000;
const WAITS = 20;
const WAIT_MS = 1;

/**
 * How many requests each client may still make, over all threads, in memory that they share.
 *
 * **Exact.** A set of entries is one thread's at a time, for some 50 ns, by a lock. Levels are whole numbers: a request costs
 * as many units as a window has milliseconds, each of which brings as many units as the rate has requests. So nothing is
 * rounded, and of threads that ask for the same client at once not one gets a token too many.
 *
 * **Bounded.** A client stands in one of eight entries of its set. Where all are taken the fullest makes room: at best one
 * that is full again, and tells nothing. Who is put out begins anew with a full bucket. So many addresses at once, as in
 * an attack, cost no memory, and nobody is refused for what another has asked.
 *
 * **Death.** A thread that dies within those 50 ns leaves a locked set; the next that needs it waits for some
 * milliseconds and takes it over. What may be half written is one entry: a level that is a little off.
 */
export class TokenBuckets {
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #rate: Rate;
  readonly #most: number;
  /** Never 0, and another one for each hold. */
  #ticket: number;

  /**
   * @param buffer as {@link TokenBuckets.allocate} made it
   * @param rate the same for all threads
   */
  constructor(buffer: SharedArrayBuffer, rate: Rate) {
    this.#words = new Int32Array(buffer);
    this.#doubles = new Float64Array(buffer);
    this.#rate = rate;
    this.#most = rate.burst * rate.windowMs;
    this.#ticket = Math.floor(Math.random() * 2 ** 31) | 1;
  }

  /**
   * The memory for all threads.
   * @param seed any 32 bits that nobody outside knows
   */
  static allocate(seed: number): SharedArrayBuffer {
    const buffer = new SharedArrayBuffer(HEADER_BYTES + SETS * SET_BYTES);
    new Int32Array(buffer)[SEED] = seed | 0;
    return buffer;
  }

  /**
   * Takes a token, if there is one.
   * @param key the client
   * @param now a time in whole milliseconds, above 0, by `performance.now()`, which all threads share
   * @returns 0 where there was one; else in how many milliseconds there will be
   */
  take(key: ClientKey, now: number): number {
    const set = HEADER_BYTES + (hashKey(key, this.#words[SEED] ?? 0) & (SETS - 1)) * SET_BYTES;
    const lock = set / 4;
    const ticket = this.#lock(lock);
    const wait = this.#takeFrom(set + LOCK_BYTES, key, now);
    Atomics.compareExchange(this.#words, lock, ticket, 0);
    return wait;
  }

  #takeFrom(first: number, key: ClientKey, now: number): number {
    const words = this.#words;
    const doubles = this.#doubles;
    let fullest = first;
    let highest = -1;
    for (let entry = first; entry < first + ENTRIES * ENTRY_BYTES; entry += ENTRY_BYTES) {
      const isKnown = doubles[entry / 8 + STAMP] !== 0;
      if (isKnown && words[entry / 4 + HIGH] === key.high && words[entry / 4 + LOW] === key.low) {
        return this.#takeToken(entry / 8, this.#levelAt(entry / 8, now), now);
      }
      const level = isKnown ? this.#levelAt(entry / 8, now) : Number.POSITIVE_INFINITY;
      if (level > highest) {
        highest = level;
        fullest = entry;
      }
    }
    words[fullest / 4 + HIGH] = key.high;
    words[fullest / 4 + LOW] = key.low;
    doubles[fullest / 8 + STAMP] = now;
    return this.#takeToken(fullest / 8, this.#most, now);
  }

  #takeToken(entry: number, level: number, now: number): number {
    const { windowMs, count } = this.#rate;
    const doubles = this.#doubles;
    const left = level - windowMs;
    if (left < 0) return Math.ceil(-left / count);
    doubles[entry + LEVEL] = left;
    // Another thread may have read the clock later and come first.
    doubles[entry + STAMP] = Math.max(now, doubles[entry + STAMP] ?? 0);
    return 0;
  }

  #levelAt(entry: number, now: number): number {
    const stamp = this.#doubles[entry + STAMP] ?? 0;
    const level = this.#doubles[entry + LEVEL] ?? 0;
    return Math.min(this.#most, level + Math.max(0, now - stamp) * this.#rate.count);
  }

  /** @returns what the lock holds now */
  #lock(lock: number): number {
    const words = this.#words;
    this.#ticket = (this.#ticket + 2) | 0;
    const ticket = this.#ticket;
    let holder = 0;
    for (let look = 0; ; look += 1) {
      const seen = Atomics.compareExchange(words, lock, 0, ticket);
      if (seen === 0) return ticket;
      // Somebody else has it meanwhile: all are alive.
      if (seen !== holder) look = 0;
      holder = seen;
      if (look < SPINS) continue;
      if (look < SPINS + WAITS) Atomics.wait(words, lock, seen, WAIT_MS);
      else if (Atomics.compareExchange(words, lock, seen, ticket) === seen) return ticket;
    }
  }
}
