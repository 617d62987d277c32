/** Above it, memory for all of a promised length is taken only once this much of it has come. */
const MOST_TRUSTED_BYTES = 1_048_576;
/** Smaller content shares its array with others. */
const OWN_ARRAY_BYTES = 4096;

/**
 * Content that is wanted whole, while it arrives. Where its length is known each byte is copied once, to where it stays;
 * else the parts are joined at the end.
 */
export class CollectedContent {
  /** How much has come, in bytes. */
  size = 0;
  readonly #length: number | undefined;
  #room: Buffer | undefined;
  #parts: Uint8Array[] = [];

  /** @param length of all of it, in bytes, where that is known */
  constructor(length: number | undefined) {
    this.#length = length;
  }

  /** More came. @param chunk the caller's; copied */
  add(chunk: Uint8Array): void {
    if (this.#length === undefined) this.#parts.push(Buffer.from(chunk));
    else this.#roomFor(this.size + chunk.length, this.#length).set(chunk, this.size);
    this.size += chunk.length;
  }

  /** All that came. */
  take(): Uint8Array {
    if (this.#length === undefined) return Buffer.concat(this.#parts);
    return this.#roomFor(this.size, this.#length).subarray(0, this.size);
  }

  #roomFor(size: number, length: number): Buffer {
    const room = this.#room;
    if (room !== undefined && room.length >= size) return room;
    const bytes = size > MOST_TRUSTED_BYTES ? length : Math.min(length, MOST_TRUSTED_BYTES);
    const larger = bytes < OWN_ARRAY_BYTES ? Buffer.allocUnsafe(bytes) : Buffer.allocUnsafeSlow(bytes);
    room?.copy(larger, 0, 0, this.size);
    this.#room = larger;
    return larger;
  }
}
