/** What a connection is at, for whoever has to answer for it when its thread can not. */
export const CONNECTION_STATES = {
  /** No connection. */
  free: 0,
  /** Between requests: nothing of the next has been read, all answers are with the kernel. */
  idle: 1,
  /** Part of a request has been read. */
  reading: 2,
  /** A request was given to the handler, and nothing of an answer left unsent. */
  handling: 3,
  /** Part of an answer is written, or waits to be sent. */
  answering: 4,
  /** The last answer is written; the peer may still read it. */
  lingering: 5,
  /** Part of an answer is written whose end is that of the connection: only a reset tells that some is missing. */
  unframed: 6,
} as const;

/** A value of {@link CONNECTION_STATES}. */
export type ConnectionState = (typeof CONNECTION_STATES)[keyof typeof CONNECTION_STATES];

/** In these a request waits for its answer, or for the rest of it. */
const AT_WORK: ReadonlySet<ConnectionState> = new Set([
  CONNECTION_STATES.handling,
  CONNECTION_STATES.answering,
  CONNECTION_STATES.unframed,
]);

/** One connection as it stands on a board. */
export interface BoardEntry {
  /** Its place. */
  readonly slot: number;
  /** Its descriptor; -1 where Node does not show it. */
  readonly fd: number;
  readonly state: ConnectionState;
  /** When its last request began, in milliseconds since 1970; 0 before the first. */
  readonly since: number;
  /** The first bytes of that request's line, as sent. */
  readonly requestLine: string;
}

const HEADER_BYTES = 64;
const REQUESTS = 0;
const SYSTEM_ID = 1;
const SLOT_BYTES = 128;
const SLOT_WORDS = SLOT_BYTES / 4;
/** Words of a slot. */
const FD = 0;
const STATE = 1;
const LINE_LENGTH = 2;
/** The double of a slot: when its request began. */
const SINCE = 2;
const LINE_OFFSET = 32;
const LINE_BYTES = SLOT_BYTES - LINE_OFFSET;
/** More connections than this have no place, and are not looked after. */
const MOST_SLOTS = 65_536;

/**
 * The connections of one thread in shared memory. The thread writes it with plain stores as it goes; the supervisor
 * reads it when the thread answers no more: what it was at, and whom it keeps waiting.
 */
export class ConnectionBoard {
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #bytes: Uint8Array;
  readonly #free: number[] = [];
  readonly #slots: number;
  #unused = 0;

  /** @param buffer as {@link ConnectionBoard.allocate} made it */
  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
    this.#doubles = new Float64Array(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.#slots = (buffer.byteLength - HEADER_BYTES) / SLOT_BYTES;
  }

  /**
   * The memory for a board.
   * @param connections how many there may be at a time; of more than 65536 the rest has no place
   */
  static allocate(connections: number): SharedArrayBuffer {
    return new SharedArrayBuffer(HEADER_BYTES + Math.min(connections, MOST_SLOTS) * SLOT_BYTES);
  }

  /** How many requests have begun; wraps around. */
  get requests(): number {
    return this.#words[REQUESTS] ?? 0;
  }

  /** How many connections there are, as far as they have a place. */
  get connections(): number {
    let count = 0;
    for (let slot = 0; slot < this.#slots; slot += 1) {
      if (this.#words[wordOf(slot) + STATE] !== CONNECTION_STATES.free) count += 1;
    }
    return count;
  }

  /** The id of the thread in the operating system, as it told it; 0 before. */
  get systemId(): number {
    return this.#words[SYSTEM_ID] ?? 0;
  }

  set systemId(id: number) {
    this.#words[SYSTEM_ID] = id;
  }

  /**
   * Takes a place for a new connection.
   * @param fd its descriptor
   * @returns -1 where there is none; everything else takes that as a place too, and does nothing
   */
  claim(fd: number): number {
    const slot = this.#free.pop() ?? (this.#unused < this.#slots ? this.#unused++ : -1);
    if (slot < 0) return -1;
    const word = wordOf(slot);
    this.#words[word + FD] = fd;
    this.#words[word + LINE_LENGTH] = 0;
    this.#doubles[(word >> 1) + SINCE] = 0;
    this.#words[word + STATE] = CONNECTION_STATES.idle;
    return slot;
  }

  /**
   * A request is about to be given to the handler.
   * @param bytes the array that holds its head
   * @param start where its line begins
   * @param end one past its target
   * @param state `handling`, or `answering` where earlier answers wait to be sent
   * @param since the time, in milliseconds since 1970
   */
  begin(
    slot: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    state: ConnectionState,
    since: number,
  ): void {
    this.#words[REQUESTS] = ((this.#words[REQUESTS] ?? 0) + 1) | 0;
    if (slot < 0) return;
    const word = wordOf(slot);
    const length = Math.min(end - start, LINE_BYTES);
    const line = word * 4 + LINE_OFFSET;
    // For a line of this length a loop is faster than a view and a copy.
    for (let at = 0; at < length; at += 1) this.#bytes[line + at] = bytes[start + at] as number;
    this.#words[word + LINE_LENGTH] = length;
    this.#doubles[(word >> 1) + SINCE] = since;
    this.#words[word + STATE] = state;
  }

  /**
   * As {@link ConnectionBoard.begin}, for a request that was parsed elsewhere.
   * @param method as sent
   * @param target as sent; it holds no character but those of latin1
   */
  beginNamed(slot: number, method: string, target: string, state: ConnectionState, since: number): void {
    this.#words[REQUESTS] = ((this.#words[REQUESTS] ?? 0) + 1) | 0;
    if (slot < 0) return;
    const word = wordOf(slot);
    const line = word * 4 + LINE_OFFSET;
    const at = this.#write(line, LINE_BYTES, method);
    if (at < LINE_BYTES) this.#bytes[line + at] = 0x20;
    const length = at + 1 + this.#write(line + at + 1, LINE_BYTES - at - 1, target);
    this.#words[word + LINE_LENGTH] = Math.min(length, LINE_BYTES);
    this.#doubles[(word >> 1) + SINCE] = since;
    this.#words[word + STATE] = state;
  }

  #write(start: number, room: number, text: string): number {
    const length = Math.max(0, Math.min(room, text.length));
    for (let at = 0; at < length; at += 1) this.#bytes[start + at] = text.charCodeAt(at);
    return length;
  }

  /** The connection is at something else now. */
  set(slot: number, state: ConnectionState): void {
    if (slot >= 0) this.#words[wordOf(slot) + STATE] = state;
  }

  /** The connection is gone, or somebody else's. */
  release(slot: number): void {
    if (slot < 0) return;
    this.#words[wordOf(slot) + STATE] = CONNECTION_STATES.free;
    this.#free.push(slot);
  }

  /** All connections there are, for another thread: each is read as it stands, while it may be written. */
  entries(): BoardEntry[] {
    const entries: BoardEntry[] = [];
    for (let slot = 0; slot < this.#slots; slot += 1) {
      if (this.#words[wordOf(slot) + STATE] !== CONNECTION_STATES.free) entries.push(this.#entry(slot));
    }
    return entries;
  }

  /**
   * The connections whose requests have been at work for longest, for another thread.
   * @param most how many
   * @returns the oldest first, and how many there are besides
   */
  busiest(most: number): { readonly entries: readonly BoardEntry[]; readonly more: number } {
    const slots: number[] = [];
    for (let slot = 0; slot < this.#slots; slot += 1) {
      const state = this.#words[wordOf(slot) + STATE] as ConnectionState;
      if (AT_WORK.has(state)) slots.push(slot);
    }
    const since = (slot: number): number => this.#doubles[(wordOf(slot) >> 1) + SINCE] ?? 0;
    slots.sort((a, b) => since(a) - since(b));
    const entries = slots.slice(0, most).map((slot) => this.#entry(slot));
    return { entries, more: slots.length - entries.length };
  }

  #entry(slot: number): BoardEntry {
    const word = wordOf(slot);
    const line = word * 4 + LINE_OFFSET;
    const length = Math.min(this.#words[word + LINE_LENGTH] ?? 0, LINE_BYTES);
    return {
      slot,
      fd: this.#words[word + FD] ?? -1,
      state: this.#words[word + STATE] as ConnectionState,
      since: this.#doubles[(word >> 1) + SINCE] ?? 0,
      requestLine: Buffer.from(this.#bytes.slice(line, line + length)).toString('latin1'),
    };
  }
}

function wordOf(slot: number): number {
  return HEADER_BYTES / 4 + slot * SLOT_WORDS;
}
