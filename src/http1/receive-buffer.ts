const FIRST_OWN_CAPACITY = 1024;

/**
 * The bytes of a connection that were received and not yet taken. A chunk that meets an empty buffer is read where it
 * lies, without a copy, for it is only lent: all connections of a thread read into one array. What is left of it at the
 * end of the turn is copied out by {@link keep}; a message that came in pieces is joined. Room doubles, so that a head
 * sent byte by byte costs a constant per byte.
 *
 * Bytes of an array of our own in front of `start` may still be in use by a request head: nothing is ever moved within
 * it.
 */
export class ReceiveBuffer {
  /** The array that holds the unread bytes, from {@link start} to {@link end}. */
  bytes: Buffer = EMPTY;
  /** The first unread byte. */
  start = 0;
  /** One past the last unread byte. */
  end = 0;
  /** Whether {@link bytes} is somebody else's, and will be overwritten. */
  isLent = false;

  /** How many bytes are unread. */
  get length(): number {
    return this.end - this.start;
  }

  /**
   * Puts a chunk behind the unread bytes.
   * @param chunk an array that begins with it; lent until {@link keep}
   * @param length how many bytes it has
   */
  append(chunk: Buffer, length: number = chunk.length): void {
    if (this.start === this.end) {
      this.bytes = chunk;
      this.start = 0;
      this.end = length;
      this.isLent = true;
      return;
    }
    if (this.isLent || this.bytes.length - this.end < length) this.#grow(length);
    chunk.copy(this.bytes, this.end, 0, length);
    this.end += length;
  }

  /** Copies what is unread out of an array that is lent. */
  keep(): void {
    if (!this.isLent) return;
    if (this.start === this.end) this.clear();
    else this.#grow(0);
  }

  /** Takes all that is unread out of the buffer, in an array of its own. */
  takeAll(): Buffer {
    this.keep();
    const rest = this.bytes.subarray(this.start, this.end);
    this.clear();
    return rest;
  }

  /** Drops all that is unread. */
  clear(): void {
    this.bytes = EMPTY;
    this.start = 0;
    this.end = 0;
    this.isLent = false;
  }

  #grow(extra: number): void {
    const unread = this.length;
    const room = Buffer.allocUnsafeSlow(Math.max(FIRST_OWN_CAPACITY, 2 * (unread + extra)));
    this.bytes.copy(room, 0, this.start, this.end);
    this.bytes = room;
    this.start = 0;
    this.end = unread;
    this.isLent = false;
  }
}

const EMPTY: Buffer = Buffer.alloc(0);
