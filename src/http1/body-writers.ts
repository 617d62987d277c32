import type { ReplyFraming } from './reply-framing.ts';
import { ReplyError } from './reply-head.ts';

/** What puts content into the form its framing asks for. */
export interface BodyWriter {
  /** The bytes to send for a piece of content. */
  write(content: Uint8Array): readonly Uint8Array[];
  /**
   * The bytes to send at its end.
   * @param trailers field lines with their CRLFs; left out where the framing has no place for them
   */
  end(trailers: string): readonly Uint8Array[];
  /** A byte that the framing allows here and that means nothing; `undefined` where it has none, or it was sent. */
  probe(): Uint8Array | undefined;
  /** Whether some peer would take the end of the connection for the end of the content, if it came now. */
  readonly looksEnded: boolean;
}

/**
 * Pieces up to this size are joined with their chunk lines: one copy is cheaper than three buffers in a write. With 16 KiB,
 * copies and their garbage were half of what a streamed answer cost.
 */
const JOIN_BELOW_BYTES = 2_048;

const CRLF: Buffer = Buffer.from('\r\n');
const LAST_CHUNK = '0\r\n';
const END_WITHOUT_TRAILERS: readonly Uint8Array[] = [Buffer.from(`${LAST_CHUNK}\r\n`)];
const NOTHING: readonly Uint8Array[] = [];
const LEADING_ZERO: Buffer = Buffer.from('0');

/** For HEAD, 204 and 304: whatever the app gives, no content leaves (RFC9110§6.4.1). */
class NoContentWriter implements BodyWriter {
  readonly looksEnded = false;
  probe(): undefined {}
  write(): readonly Uint8Array[] {
    return NOTHING;
  }
  end(): readonly Uint8Array[] {
    return NOTHING;
  }
}

/** Holds a body to the length that its head promised: one byte more would be read as the next reply. */
class LengthWriter implements BodyWriter {
  readonly looksEnded = false;
  readonly #promised: number;
  #written = 0;

  probe(): undefined {}

  constructor(promised: number) {
    this.#promised = promised;
  }

  write(content: Uint8Array): readonly Uint8Array[] {
    this.#written += content.length;
    if (this.#written > this.#promised) {
      throw new ReplyError(`The body is longer than its content-length of ${this.#promised} bytes.`);
    }
    return [content];
  }

  end(): readonly Uint8Array[] {
    if (this.#written < this.#promised) {
      throw new ReplyError(`The body ended after ${this.#written} of ${this.#promised} bytes.`);
    }
    return NOTHING;
  }
}

/** `chunk = chunk-size CRLF chunk-data CRLF` (RFC9112§7.1) */
class ChunkedWriter implements BodyWriter {
  #isProbed = false;
  #endsInZero = false;

  /** Python's `http.client` takes the zero of a probe and the end of the connection for the last chunk. */
  get looksEnded(): boolean {
    return this.#endsInZero;
  }

  /** `chunk-size = 1*HEXDIG`, `last-chunk = 1*"0"`: a zero in front of either is part of it (RFC9112§7.1). */
  probe(): Uint8Array | undefined {
    if (this.#isProbed) return undefined;
    this.#isProbed = true;
    this.#endsInZero = true;
    return LEADING_ZERO;
  }

  write(content: Uint8Array): readonly Uint8Array[] {
    // An empty chunk is the last one: it would end the body here.
    if (content.length === 0) return NOTHING;
    this.#endsInZero = false;
    const size = `${content.length.toString(16)}\r\n`;
    if (content.length > JOIN_BELOW_BYTES) return [Buffer.from(size, 'latin1'), content, CRLF];
    const chunk = Buffer.allocUnsafe(size.length + content.length + 2);
    chunk.write(size, 'latin1');
    chunk.set(content, size.length);
    chunk.set(CRLF, size.length + content.length);
    return [chunk];
  }

  end(trailers: string): readonly Uint8Array[] {
    if (trailers === '') return END_WITHOUT_TRAILERS;
    return [Buffer.from(`${LAST_CHUNK}${trailers}\r\n`, 'latin1')];
  }
}

/** For HTTP/1.0 peers: the end of the connection is the end of the body (RFC9112§6.3, step 8). */
class UntilCloseWriter implements BodyWriter {
  readonly looksEnded = true;
  probe(): undefined {}
  write(content: Uint8Array): readonly Uint8Array[] {
    return [content];
  }
  end(): readonly Uint8Array[] {
    return NOTHING;
  }
}

/**
 * The writer for a framing.
 * @param framing as decided from request and reply
 */
export function bodyWriterFor(framing: ReplyFraming): BodyWriter {
  switch (framing.kind) {
    case 'none':
      return new NoContentWriter();
    case 'length':
      return new LengthWriter(framing.length);
    case 'chunked':
      return new ChunkedWriter();
    case 'until-close':
      return new UntilCloseWriter();
  }
}
