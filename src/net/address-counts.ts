import { type ClientKey, hashKey } from '#semantics/client-key.ts';

/** Words of the whole memory: how many places there are, how many slots each has, the seed of the hash. */
const PLACES = 0;
const SLOTS = 1;
const SEED = 2;
const HEADER_WORDS = 4;
/** Words of a place: odd while its slots are being moved; how many are taken. */
const VERSION = 0;
const TAKEN = 1;
const PLACE_WORDS = 4;
/** Words of a slot. One that counts nothing is free. */
const HIGH = 0;
const LOW = 1;
const COUNT = 2;
const SLOT_WORDS = 3;

/** A place has slots for so many clients at least; of more at a time the rest is not counted. */
const MOST_CLIENTS = 65_536;
/** A reader looks so often, then waits this long between looks, then takes what there is. */
const SPINS = 1000;
const WAITS = 50;
const WAIT_MS = 1;
/** Of two that want the last connection at the same moment each may see the other; then both try anew. */
const TRIES = 16;

/** What became of a connection that was to be counted. `uncounted`: there is no room, and it is not refused for that. */
export type Entry = 'counted' | 'uncounted' | 'refused';

/**
 * How many connections each client has, over all threads, in memory that they share.
 *
 * **Who dies takes along what he counted.** Each thread has a *place*, a table of its own that nobody else writes, and a
 * client's connections are the sum over all places. When a thread has died its place is cleared: whatever it was at,
 * no count can be left over.
 *
 * **The sum is exact.** A thread counts first and sums then, and takes back what is too much. All of it is sequentially
 * consistent, so of those that count at the same moment the last sees all others: there are never more than may be. Two
 * may see each other, and both take back; each then looks again, and the second to look finds that there is room.
 *
 * **Slots move.** Where one becomes free those behind it close up, lest a search finds a hole. Meanwhile the version of the
 * place is odd, and whoever read it looks again.
 */
export class AddressCounts {
  readonly #words: Int32Array;
  readonly #own: number;
  readonly #mask: number;
  readonly #seed: number;

  /**
   * @param buffer as {@link AddressCounts.allocate} made it
   * @param place this thread's, from 0
   */
  constructor(buffer: SharedArrayBuffer, place: number) {
    this.#words = new Int32Array(buffer);
    this.#mask = (this.#words[SLOTS] ?? 1) - 1;
    this.#seed = this.#words[SEED] ?? 0;
    this.#own = this.#start(place);
  }

  /**
   * The memory for all threads; the system gives what of it is used.
   * @param places how many threads there may be at a time
   * @param connections how many one of them may have at a time
   * @param seed any 32 bits that nobody outside knows
   */
  static allocate(places: number, connections: number, seed: number): SharedArrayBuffer {
    // At most half of the slots are taken, so that searches stay short.
    const slots = 2 ** Math.ceil(Math.log2(2 * Math.max(1, Math.min(connections, MOST_CLIENTS))));
    const words = HEADER_WORDS + places * (PLACE_WORDS + slots * SLOT_WORDS);
    const buffer = new SharedArrayBuffer(words * 4);
    const header = new Int32Array(buffer);
    header[PLACES] = places;
    header[SLOTS] = slots;
    header[SEED] = seed | 0;
    return buffer;
  }

  /** Forgets all that this place's thread has counted, which has ended. */
  clear(): void {
    const words = this.#words;
    const slots = this.#own + PLACE_WORDS;
    const version = Atomics.load(words, this.#own + VERSION) | 1;
    Atomics.store(words, this.#own + VERSION, version);
    words.fill(0, slots, slots + (this.#mask + 1) * SLOT_WORDS);
    Atomics.store(words, this.#own + TAKEN, 0);
    Atomics.store(words, this.#own + VERSION, (version + 1) | 0);
  }

  /**
   * Counts one more connection of a client.
   * @param most how many it may have, this one included
   */
  enter(key: ClientKey, most: number): Entry {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      if (!this.#add(key)) return 'uncounted';
      if (this.count(key) <= most) return 'counted';
      this.leave(key);
      if (this.count(key) >= most) return 'refused';
    }
    return 'refused';
  }

  /** A connection that was counted is gone. */
  leave(key: ClientKey): void {
    const slot = this.#find(this.#own, key);
    const count = Atomics.load(this.#words, slot + COUNT);
    if (count > 1) Atomics.store(this.#words, slot + COUNT, count - 1);
    else if (count === 1) this.#remove(slot);
  }

  /** How many connections a client has now. */
  count(key: ClientKey): number {
    const places = this.#words[PLACES] ?? 0;
    let sum = 0;
    for (let place = 0; place < places; place += 1) sum += this.#read(this.#start(place), key);
    return sum;
  }

  #add(key: ClientKey): boolean {
    const words = this.#words;
    const slot = this.#find(this.#own, key);
    const count = Atomics.load(words, slot + COUNT);
    if (count === 0) {
      const taken = Atomics.load(words, this.#own + TAKEN);
      // One stays free: a search ends there.
      if (taken >= this.#mask) return false;
      Atomics.store(words, slot + HIGH, key.high);
      Atomics.store(words, slot + LOW, key.low);
      Atomics.store(words, this.#own + TAKEN, taken + 1);
    }
    Atomics.store(words, slot + COUNT, count + 1);
    return true;
  }

  /** Frees a slot, and closes up what stands behind it. */
  #remove(slot: number): void {
    const words = this.#words;
    const version = Atomics.load(words, this.#own + VERSION);
    Atomics.store(words, this.#own + VERSION, (version + 1) | 0);
    let hole = this.#index(slot);
    let at = hole;
    for (;;) {
      at = (at + 1) & this.#mask;
      const next = this.#slot(this.#own, at);
      if (Atomics.load(words, next + COUNT) === 0) break;
      const home = this.#home({ high: words[next + HIGH] ?? 0, low: words[next + LOW] ?? 0 });
      // It may not stand before its home.
      if (((at - home) & this.#mask) < ((at - hole) & this.#mask)) continue;
      const to = this.#slot(this.#own, hole);
      for (let word = 0; word < SLOT_WORDS; word += 1) {
        Atomics.store(words, to + word, Atomics.load(words, next + word));
      }
      hole = at;
    }
    Atomics.store(words, this.#slot(this.#own, hole) + COUNT, 0);
    Atomics.sub(words, this.#own + TAKEN, 1);
    Atomics.store(words, this.#own + VERSION, (version + 2) | 0);
  }

  #read(start: number, key: ClientKey): number {
    const words = this.#words;
    if (start === this.#own) return Atomics.load(words, this.#find(start, key) + COUNT);
    for (let look = 0; ; look += 1) {
      const version = Atomics.load(words, start + VERSION);
      if ((version & 1) === 0) {
        if (Atomics.load(words, start + TAKEN) === 0) return 0;
        const count = Atomics.load(words, this.#find(start, key) + COUNT);
        if (Atomics.load(words, start + VERSION) === version) return count;
      }
      // Its thread was stopped in between, or has died there, and is about to be cleared.
      if (look > SPINS + WAITS) return 0;
      if (look > SPINS) Atomics.wait(words, start + VERSION, version, WAIT_MS);
    }
  }

  /** The slot of a client, or the free one where it would be. While slots move it may be any. */
  #find(start: number, key: ClientKey): number {
    const words = this.#words;
    let at = this.#home(key);
    for (let step = 0; step <= this.#mask; step += 1) {
      const slot = this.#slot(start, at);
      if (Atomics.load(words, slot + COUNT) === 0) return slot;
      if (Atomics.load(words, slot + HIGH) === key.high && Atomics.load(words, slot + LOW) === key.low) {
        return slot;
      }
      at = (at + 1) & this.#mask;
    }
    return this.#slot(start, at);
  }

  #home(key: ClientKey): number {
    return hashKey(key, this.#seed) & this.#mask;
  }

  #start(place: number): number {
    return HEADER_WORDS + place * (PLACE_WORDS + (this.#mask + 1) * SLOT_WORDS);
  }

  #slot(start: number, index: number): number {
    return start + PLACE_WORDS + index * SLOT_WORDS;
  }

  #index(slot: number): number {
    return (slot - this.#own - PLACE_WORDS) / SLOT_WORDS;
  }
}
