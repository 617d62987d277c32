const FIRST_OWN_CAPACITY = 1024;

/**
 * The bytes of a connection that were received and not yet taken. A chunk that meets an empty buffer is used as it
 * is, without a copy; only a message that came in pieces is joined. Room doubles, so that a head sent byte by byte
 * costs a constant per byte.
 *
 * Bytes in front of `start` may still be in use by a request head: nothing is ever moved within an array.
 */
export class ReceiveBuffer {
  /** The array that holds the unread bytes, from {@link start} to {@link end}. */
  bytes: Buffer = EMPTY;
  /** The first unread byte. */
  start = 0;
  /** One past the last unread byte. */
  end = 0;

  /** How many bytes are unread. */
  get length(): number {
    return this.end - this.start;
  }

  /**
   * Puts a chunk behind the unread bytes. The chunk belongs to the buffer from now on.
   * @param chunk as it came from the socket
   */
  append(chunk: Buffer): void {
    if (this.start === this.end) {
      this.bytes = chunk;
      this.start = 0;
      this.end = chunk.length;
      return;
    }
    // A chunk of the socket ends where its array ends: only an array of our own has room.
    if (this.bytes.length - this.end < chunk.length) this.#grow(chunk.length);
    chunk.copy(this.bytes, this.end);
    this.end += chunk.length;
  }

  /** Takes all that is unread out of the buffer. */
  takeAll(): Buffer {
    const rest = this.bytes.subarray(this.start, this.end);
    this.bytes = EMPTY;
    this.start = 0;
    this.end = 0;
    return rest;
  }

  #grow(extra: number): void {
    const unread = this.length;
    const room = Buffer.allocUnsafeSlow(Math.max(FIRST_OWN_CAPACITY, 2 * (unread + extra)));
    this.bytes.copy(room, 0, this.start, this.end);
    this.bytes = room;
    this.start = 0;
    this.end = unread;
  }
}

const EMPTY: Buffer = Buffer.alloc(0);
