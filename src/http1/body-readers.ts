import { ChunkedReader } from './chunked-reader.ts';
import type { MessageLimits } from './limits.ts';
import type { ReceiveBuffer } from './receive-buffer.ts';
import type { RejectionCode } from './rejection.ts';
import type { BodyFraming } from './request-head.ts';

/** What takes a body out of the receive buffer, one per framing. */
export interface BodyReader {
  /** The bytes of content that the last `data` brought; valid until the next read. */
  readonly chunk: Buffer;
  /** The trailer fields that may be trailers, once the body is at its end; flat: name, value. */
  readonly trailers: readonly string[];
  /** Reads on: content, the body's end, not enough bytes, or why the body is refused. */
  read(buffer: ReceiveBuffer): 'data' | 'end' | 'need-data' | RejectionCode;
}

/** Reads a body of known length (RFC9112§6.2). */
class LengthReader implements BodyReader {
  chunk: Buffer = NO_BYTES;
  readonly trailers: readonly string[] = NO_FIELDS;
  #left: number;

  constructor(length: number) {
    this.#left = length;
  }

  read(buffer: ReceiveBuffer): 'data' | 'end' | 'need-data' {
    if (this.#left === 0) return 'end';
    if (buffer.length === 0) return 'need-data';
    const end = Math.min(buffer.end, buffer.start + this.#left);
    this.chunk = buffer.bytes.subarray(buffer.start, end);
    this.#left -= end - buffer.start;
    buffer.start = end;
    return 'data';
  }
}

/**
 * The reader for a body's framing.
 * @param framing as decided from the head
 * @param limits what a chunked reader refuses above
 * @returns `undefined` where there is no body to read
 */
export function bodyReaderFor(framing: BodyFraming, limits: MessageLimits): BodyReader | undefined {
  switch (framing.kind) {
    case 'none':
      return undefined;
    case 'length':
      return framing.length === 0 ? undefined : new LengthReader(framing.length);
    case 'chunked':
      return new ChunkedReader(limits);
  }
}

const NO_BYTES: Buffer = Buffer.alloc(0);
const NO_FIELDS: readonly string[] = [];
