import { mayBeTrailer } from '#semantics/trailers.ts';
import { BACKSLASH, CR, FIELD_VALUE, HEX_VALUE, HTAB, LF, SP, TCHAR } from './char-class.ts';
import { FieldSection, NEED_DATA, REFUSED } from './field-section.ts';
import type { MessageLimits } from './limits.ts';
import type { ReceiveBuffer } from './receive-buffer.ts';
import type { RejectionCode } from './rejection.ts';

const SIZE_START = 0;
const SIZE = 1;
/** Behind a whole extension, or whitespace behind the size: only a further extension may follow on whitespace. */
const EXTENSION_END = 2;
const BEFORE_SEMICOLON = 3;
const EXTENSION_NAME_START = 4;
const EXTENSION_NAME = 5;
const BEHIND_NAME = 6;
const EXTENSION_VALUE_START = 7;
const EXTENSION_VALUE = 8;
const QUOTED = 9;
const QUOTED_PAIR = 10;
const SIZE_LF = 11;
const DATA = 12;
const DATA_CR = 13;
const DATA_LF = 14;
const TRAILERS = 15;

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;

/** Twelve hexadecimal digits stay below 2^53; leading zeros count, or a size could be padded without end. */
const MAX_SIZE_DIGITS = 12;
const MAX_TRAILER_FIELDS = 100;
/** Pieces from this size on are told as they are: copying them would cost more than an event. */
const JOIN_BELOW_BYTES = 1024;

/**
 * Reads a chunked body (RFC9112§7.1):
 *
 *     chunked-body = *chunk last-chunk trailer-section CRLF
 *     chunk        = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
 *     chunk-ext    = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
 *
 * A reader that is lax here is a way to smuggle: what it takes for data another takes for the next request. So the
 * size is hexadecimal digits and nothing else, whitespace (BWS) stands nowhere but around `;` and `=`, and each line
 * end is CRLF. Extensions are checked and ignored.
 */
export class ChunkedReader {
  readonly #limits: MessageLimits;
  #phase = SIZE_START;
  #size = 0;
  #digits = 0;
  #extensionBytes = 0;
  #rejection: RejectionCode | undefined;
  #trailers: FieldSection | undefined;
  #dataStart = 0;
  #dataEnd = 0;

  /** The bytes of content that the last `data` brought; valid until the next read. */
  chunk: Buffer = NO_BYTES;
  /** The trailer fields, once the body is at its end; flat: name, value. Only those that may be trailers. */
  trailers: readonly string[] = NO_FIELDS;

  /** @param limits what to refuse above */
  constructor(limits: MessageLimits) {
    this.#limits = limits;
  }

  /**
   * Reads on. The content of small chunks that are in the buffer together is told as one: a body of chunks of one byte
   * would else cost an event and an object of some hundred bytes for each, and fill the memory long before its limit.
   * @param buffer the connection's unread bytes
   * @returns `data` with {@link chunk}, `end` behind the trailer section, `need-data`, or why the body is refused
   */
  read(buffer: ReceiveBuffer): 'data' | 'end' | 'need-data' | RejectionCode {
    this.#dataStart = buffer.start;
    this.#dataEnd = buffer.start;
    while (buffer.start < buffer.end && this.#rejection === undefined) {
      if (this.#phase === DATA) {
        if (this.#takeData(buffer)) return this.#tellData(buffer);
      } else if (this.#phase === TRAILERS) {
        return this.#hasData ? this.#tellData(buffer) : this.#readTrailers(buffer);
      } else {
        this.#phase = this.#step(buffer.bytes[buffer.start] as number);
        buffer.start += 1;
      }
    }
    if (this.#hasData) return this.#tellData(buffer);
    return this.#rejection ?? 'need-data';
  }

  get #hasData(): boolean {
    return this.#dataEnd > this.#dataStart;
  }

  /**
   * Takes what is here of a chunk's data. Behind other data it is moved up to it, over the lines between, which were
   * read already.
   * @returns whether enough is here to be told; a large piece is never moved
   */
  #takeData(buffer: ReceiveBuffer): boolean {
    const { bytes, start } = buffer;
    const end = Math.min(buffer.end, start + this.#size);
    const isLarge = end - start >= JOIN_BELOW_BYTES;
    if (!this.#hasData) {
      this.#dataStart = start;
      this.#dataEnd = end;
    } else if (isLarge) {
      return true;
    } else {
      bytes.copyWithin(this.#dataEnd, start, end);
      this.#dataEnd += end - start;
    }
    this.#size -= end - start;
    buffer.start = end;
    if (this.#size === 0) this.#phase = DATA_CR;
    return isLarge;
  }

  #tellData(buffer: ReceiveBuffer): 'data' {
    this.chunk = buffer.bytes.subarray(this.#dataStart, this.#dataEnd);
    return 'data';
  }

  #readTrailers(buffer: ReceiveBuffer): 'end' | 'need-data' | RejectionCode {
    this.#trailers ??= new FieldSection();
    const base = buffer.start;
    const limit = base + this.#limits.maxTrailerBytes;
    const stop = Math.min(buffer.end, limit);
    const end = this.#trailers.read(buffer.bytes, base, stop, MAX_TRAILER_FIELDS);
    if (end === REFUSED) return this.#trailers.rejection as RejectionCode;
    if (end === NEED_DATA) return stop === limit ? 'trailers-too-large' : 'need-data';
    if (this.#trailers.count > 0) this.trailers = trailerFields(this.#trailers, buffer.bytes, base);
    buffer.start = end;
    return 'end';
  }

  /** The phase that follows on one byte of the lines between the data. */
  #step(byte: number): number {
    switch (this.#phase) {
      case SIZE_START:
        return this.#sizeDigit(byte);
      case SIZE:
        return HEX_VALUE[byte] === 255 ? this.#sizeEnd(byte) : this.#sizeDigit(byte);
      case SIZE_LF:
        if (byte !== LF) return this.#refuse('bare-cr');
        return this.#size === 0 ? TRAILERS : DATA;
      case DATA_CR:
        return byte === CR ? DATA_LF : this.#refuse('chunk-end-invalid');
      case DATA_LF:
        return byte === LF ? this.#startChunk() : this.#refuse('chunk-end-invalid');
      default:
        return this.#extensionByte(byte);
    }
  }

  #startChunk(): number {
    this.#size = 0;
    this.#digits = 0;
    return SIZE_START;
  }

  #sizeDigit(byte: number): number {
    const value = HEX_VALUE[byte] as number;
    if (value === 255) return this.#refuse('chunk-size-invalid');
    this.#digits += 1;
    if (this.#digits > MAX_SIZE_DIGITS) return this.#refuse('chunk-size-too-large');
    this.#size = this.#size * 16 + value;
    return SIZE;
  }

  #sizeEnd(byte: number): number {
    if (byte === CR) return SIZE_LF;
    if (byte === SEMICOLON || isWhitespace(byte)) return this.#extensionByte(byte);
    return this.#refuse('chunk-size-invalid');
  }

  /**
   * `chunk-ext-name = token`, `chunk-ext-val = token / quoted-string` (RFC9112§7.1.1, RFC9110§5.6.4). Whitespace that
   * no extension follows on is not in the grammar.
   */
  #extensionByte(byte: number): number {
    this.#extensionBytes += 1;
    if (this.#extensionBytes > this.#limits.maxChunkExtensionBytes) {
      return this.#refuse('chunk-extensions-too-large');
    }
    switch (this.#phase) {
      case EXTENSION_NAME_START:
        if (isWhitespace(byte)) return EXTENSION_NAME_START;
        return TCHAR[byte] === 1 ? EXTENSION_NAME : this.#refuse('chunk-extension-invalid');
      case EXTENSION_NAME:
        if (TCHAR[byte] === 1) return EXTENSION_NAME;
        if (byte === EQUALS) return EXTENSION_VALUE_START;
        return isWhitespace(byte) ? BEHIND_NAME : this.#extensionEnd(byte);
      case BEHIND_NAME:
        if (isWhitespace(byte)) return BEHIND_NAME;
        return byte === EQUALS ? EXTENSION_VALUE_START : this.#nextExtension(byte);
      case EXTENSION_VALUE_START:
        if (isWhitespace(byte)) return EXTENSION_VALUE_START;
        if (byte === QUOTE) return QUOTED;
        return TCHAR[byte] === 1 ? EXTENSION_VALUE : this.#refuse('chunk-extension-invalid');
      case EXTENSION_VALUE:
        return TCHAR[byte] === 1 ? EXTENSION_VALUE : this.#extensionEnd(byte);
      case QUOTED:
        if (byte === QUOTE) return EXTENSION_END;
        if (byte === BACKSLASH) return QUOTED_PAIR;
        return FIELD_VALUE[byte] === 1 ? QUOTED : this.#refuse('chunk-extension-invalid');
      case QUOTED_PAIR:
        return FIELD_VALUE[byte] === 1 ? QUOTED : this.#refuse('chunk-extension-invalid');
      case BEFORE_SEMICOLON:
        return isWhitespace(byte) ? BEFORE_SEMICOLON : this.#nextExtension(byte);
      default:
        return this.#extensionEnd(byte);
    }
  }

  /** What may stand behind a size or a whole extension: the end of the line, or the next extension. */
  #extensionEnd(byte: number): number {
    if (byte === CR) return SIZE_LF;
    return isWhitespace(byte) ? BEFORE_SEMICOLON : this.#nextExtension(byte);
  }

  #nextExtension(byte: number): number {
    return byte === SEMICOLON ? EXTENSION_NAME_START : this.#refuse('chunk-extension-invalid');
  }

  #refuse(rejection: RejectionCode): number {
    this.#rejection = rejection;
    return this.#phase;
  }
}

/** `BWS = OWS = *( SP / HTAB )` (RFC9110§5.6.3) */
function isWhitespace(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

/**
 * The fields of a trailer section that are worth passing on. They are kept apart from the head's: one that frames or
 * routes a message, or says who sent it, must not be slipped in behind the content (RFC9110§6.5.1).
 */
function trailerFields(section: FieldSection, bytes: Buffer, base: number): string[] {
  const fields: string[] = [];
  const { offsets } = section;
  const text = (at: number) =>
    bytes.toString('latin1', base + (offsets[at] as number), base + (offsets[at + 1] as number));
  for (let at = 0; at < offsets.length; at += 4) {
    const name = text(at);
    if (mayBeTrailer(name.toLowerCase())) fields.push(name, text(at + 2));
  }
  return fields;
}

const NO_BYTES: Buffer = Buffer.alloc(0);
const NO_FIELDS: readonly string[] = [];
