import { COLON, CR, FIELD_VALUE, HTAB, LF, SP, TCHAR } from './char-class.ts';
import type { RejectionCode } from './rejection.ts';

/** {@link FieldSection.read}: the bytes ran out inside the section. */
export const NEED_DATA = -1;
/** {@link FieldSection.read}: the section is refused, {@link FieldSection.rejection} says why. */
export const REFUSED = -2;

const LINE_START = 0;
const NAME = 1;
const VALUE_START = 2;
const VALUE = 3;
const VALUE_LF = 4;
const LAST_LF = 5;

/**
 * Reads a field section (RFC9112§5), of a head or of trailers:
 *
 *     field-line = field-name ":" OWS field-value OWS
 *     *( field-line CRLF ) CRLF
 *
 * It keeps its place between calls, so no byte is looked at twice however the bytes are split. Only offsets are
 * kept; strings are made when somebody asks. Stricter than RFC9112§2.2 allows: a bare LF does not end a line, for
 * two readers of one message must never disagree about where a line ends.
 */
export class FieldSection {
  /** Four offsets a field line, from `base`: name start, name end, value start, value end (without OWS). */
  readonly offsets: number[] = [];
  /** Set where {@link read} returned {@link REFUSED}. */
  rejection: RejectionCode | undefined;
  /** The next byte to look at, from `base`. */
  position = 0;
  #phase = LINE_START;
  #nameStart = 0;
  #nameEnd = 0;
  #valueStart = 0;

  /** How many field lines were read. */
  get count(): number {
    return this.offsets.length >> 2;
  }

  /**
   * Reads on.
   * @param bytes the array; another one than last time where the bytes were moved
   * @param base the index in `bytes` that the offsets count from
   * @param stop one past the last byte to look at
   * @param maxFields the most field lines to take
   * @returns the index behind the section's last LF, {@link NEED_DATA} or {@link REFUSED}
   */
  read(bytes: Uint8Array, base: number, stop: number, maxFields: number): number {
    let index = base + this.position;
    let phase = this.#phase;
    while (index < stop) {
      switch (phase) {
        case LINE_START: {
          const byte = bytes[index] as number;
          if (byte === CR) {
            phase = LAST_LF;
            index += 1;
            break;
          }
          if (TCHAR[byte] === 0) return this.#refuse(lineStartRejection(byte));
          if (this.count === maxFields) return this.#refuse('fields-too-many');
          this.#nameStart = index - base;
          phase = NAME;
          break;
        }
        case NAME: {
          while (index < stop && TCHAR[bytes[index] as number] === 1) index += 1;
          if (index === stop) break;
          const byte = bytes[index] as number;
          if (byte !== COLON) return this.#refuse(nameEndRejection(byte));
          this.#nameEnd = index - base;
          phase = VALUE_START;
          index += 1;
          break;
        }
        case VALUE_START: {
          while (index < stop && (bytes[index] === SP || bytes[index] === HTAB)) index += 1;
          if (index === stop) break;
          this.#valueStart = index - base;
          phase = VALUE;
          break;
        }
        case VALUE: {
          while (index < stop && FIELD_VALUE[bytes[index] as number] === 1) index += 1;
          if (index === stop) break;
          const byte = bytes[index] as number;
          if (byte !== CR) return this.#refuse(byte === LF ? 'bare-lf' : 'field-value-invalid');
          phase = VALUE_LF;
          index += 1;
          break;
        }
        case VALUE_LF: {
          if (bytes[index] !== LF) return this.#refuse('bare-cr');
          this.#addLine(bytes, base, index - 1);
          phase = LINE_START;
          index += 1;
          break;
        }
        default: {
          if (bytes[index] !== LF) return this.#refuse('bare-cr');
          return index + 1;
        }
      }
    }
    this.position = index - base;
    this.#phase = phase;
    return NEED_DATA;
  }

  #addLine(bytes: Uint8Array, base: number, lineEnd: number): void {
    let valueEnd = lineEnd;
    const valueStart = base + this.#valueStart;
    while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HTAB))
      valueEnd -= 1;
    this.offsets.push(this.#nameStart, this.#nameEnd, this.#valueStart, valueEnd - base);
  }

  #refuse(rejection: RejectionCode): number {
    this.rejection = rejection;
    return REFUSED;
  }
}

function lineStartRejection(byte: number): RejectionCode {
  if (byte === SP || byte === HTAB) return 'field-folded';
  return byte === LF ? 'bare-lf' : 'field-name-invalid';
}

function nameEndRejection(byte: number): RejectionCode {
  if (byte === SP || byte === HTAB) return 'field-space-before-colon';
  return 'field-name-invalid';
}
