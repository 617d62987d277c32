import { randomBytes } from 'node:crypto';
import { type ByteRange, formatContentRange } from '#semantics/byte-range.ts';
import { type FileSource, MAX_READ_BYTES } from './open-file.ts';

/** About what the head of one part takes, in bytes: ranges with less between them are sent as one. */
export const PART_HEAD_BYTES = 100;

/** Several ranges of one file as content of the type `multipart/byteranges` (RFC9110§14.6). */
export class MultipartRanges implements AsyncIterable<Uint8Array> {
  /** The media type with the boundary, which nobody can know beforehand and so put into a file. */
  readonly mediaType: string;
  /** The length of all of it, in bytes. */
  readonly length: number;
  readonly #file: FileSource;
  readonly #parts: readonly { readonly head: Buffer; readonly range: ByteRange }[];
  readonly #end: Buffer;

  /**
   * @param file closed at the end of the content, or when nobody reads on
   * @param ranges at least two
   * @param mediaType of the file
   */
  constructor(file: FileSource, ranges: readonly ByteRange[], mediaType: string) {
    const boundary = randomBytes(18).toString('base64url');
    this.mediaType = `multipart/byteranges; boundary=${boundary}`;
    this.#file = file;
    this.#parts = ranges.map((range, at) => ({
      range,
      head: Buffer.from(
        `${at === 0 ? '' : '\r\n'}--${boundary}\r\nContent-Type: ${mediaType}\r\n` +
          `Content-Range: ${formatContentRange(range, file.length)}\r\n\r\n`,
        'latin1',
      ),
    }));
    this.#end = Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1');
    const lengths = this.#parts.map(({ head, range }) => head.length + range.end - range.start);
    this.length = lengths.reduce((sum, length) => sum + length, this.#end.length);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const pieces = this.#pieces();
    return {
      next: async () => {
        const { done, value } = pieces.next();
        if (done === true) this.#file.close();
        return done === true ? { done, value: undefined } : { done: false, value };
      },
      // Also before the first piece, where a generator would not run its `finally`.
      return: async () => {
        this.#file.close();
        return { done: true, value: undefined };
      },
    };
  }

  *#pieces(): Generator<Uint8Array, void> {
    for (const { head, range } of this.#parts) {
      yield head;
      for (let start = range.start; start < range.end; start += MAX_READ_BYTES) {
        const piece = this.#file.content(start, Math.min(range.end, start + MAX_READ_BYTES));
        // The length was promised: what comes next is a connection that breaks off.
        if (!(piece instanceof Uint8Array)) throw new Error('The file has become shorter while it was sent.');
        yield piece;
      }
    }
    // Parts of two states must not look like one.
    if (!this.#file.isUnchanged()) throw new Error('The file was written to while parts of it were sent.');
    yield this.#end;
  }
}
