import { equalsIgnoringCase, LOWER } from './char-class.ts';
import { FieldSection } from './field-section.ts';

/**
 * The size of the arrays that heads share (`head-store.ts`), in bytes. Small: a head that an app keeps for long keeps its
 * neighbours with it.
 */
export const SHARED_ARRAY_BYTES = 4096;

/** The four forms of a request target (RFC9112§3.2). */
export type TargetForm = 'origin' | 'absolute' | 'authority' | 'asterisk';

/** How the end of a request's body is found (RFC9112§6.3). */
export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' };

/** No body. */
export const NO_BODY: BodyFraming = { kind: 'none' };

/**
 * The head of a request: the bytes as they came and where its parts are. Everything is decoded when it is asked
 * for; a handler that looks at the path only pays for the path.
 */
export class RequestHead {
  /** The array the offsets point into, from {@link base}. */
  bytes: Buffer = NO_BYTES;
  /** Where the head begins in {@link bytes}. */
  base = 0;
  /** How many bytes the head has, up to the LF of its last line. */
  length = 0;
  /** One past the method, from {@link base}; the target begins one behind it. */
  methodEnd = 0;
  /** One past the target, from {@link base}. */
  targetEnd = 0;
  /** The minor version of HTTP/1.x. */
  minorVersion = 1;
  /** The field lines. */
  readonly fields: FieldSection = new FieldSection();
  /** The form of the target. */
  form: TargetForm = 'origin';
  /** How the body is delimited. */
  framing: BodyFraming = NO_BODY;
  /** Whether the peer waits for a 100 before it sends the body (RFC9110§10.1.1). */
  expectsContinue = false;
  /** Whether the peer allows the connection to be used again (RFC9112§9.3). */
  persistent = true;
  /** The scheme of the connection. */
  readonly scheme: 'http' | 'https' = 'http';

  #method: string | undefined;
  #target: string | undefined;
  #path: string | undefined;
  #authority: string | undefined;

  /** The method, as sent. */
  get method(): string {
    this.#method ??= this.#isGet() ? 'GET' : this.text(0, this.methodEnd);
    return this.#method;
  }

  /** The request target, as sent. */
  get target(): string {
    this.#target ??= this.text(this.methodEnd + 1, this.targetEnd);
    return this.#target;
  }

  /** Path and query, from the target or what the reader of an absolute-form found in it. */
  get path(): string {
    return this.#path ?? this.target;
  }

  /** The authority the request is for: the target's own, else the value of Host (RFC9112§3.3). */
  get authority(): string {
    this.#authority ??= this.#received('host') ?? '';
    return this.#authority;
  }

  /**
   * What a target in absolute-form or authority-form says; it overrides Host (RFC9112§3.2.2).
   * @param authority `host[:port]`
   * @param path path and query in origin-form
   */
  setTargetParts(authority: string, path: string): void {
    this.#authority = authority;
    this.#path = path;
  }

  /**
   * The combined value of a field, its lines joined by `, ` (RFC9110§5.3). For a target in absolute-form the value of
   * Host is the target's authority, whatever was received: nobody may read two hosts from one request (RFC9112§3.2.2).
   * @param name the field name in lower case
   * @returns `undefined` where the field is absent
   */
  field(name: string): string | undefined {
    const received = this.#received(name);
    return name === 'host' && this.form === 'absolute' && received !== undefined ? this.authority : received;
  }

  /** All field lines, flat: name, value, name, value; the value of Host as {@link field} gives it. */
  fieldLines(): string[] {
    const lines: string[] = [];
    for (let line = 0; line < this.fields.count; line += 1) {
      const at = line * 4;
      lines.push(this.text(this.fields.offsets[at] as number, this.fields.offsets[at + 1] as number));
      const isOverridden = this.form === 'absolute' && this.isNamed(line, 'host');
      lines.push(isOverridden ? this.authority : this.value(line));
    }
    return lines;
  }

  #received(name: string): string | undefined {
    let combined: string | undefined;
    for (let line = 0; line < this.fields.count; line += 1) {
      if (!this.isNamed(line, name)) continue;
      const value = this.value(line);
      combined = combined === undefined ? value : `${combined}, ${value}`;
    }
    return combined;
  }

  /**
   * Whether a field line has the given name.
   * @param line its number, from 0
   * @param name in lower case
   */
  isNamed(line: number, name: string): boolean {
    const { offsets } = this.fields;
    const start = offsets[line * 4] as number;
    const end = offsets[line * 4 + 1] as number;
    // Most lines differ in length or first letter: settle those here, without a call.
    if (end - start !== name.length) return false;
    if (LOWER[this.bytes[this.base + start] as number] !== name.charCodeAt(0)) return false;
    return equalsIgnoringCase(this.bytes, this.base + start, this.base + end, name);
  }

  /**
   * Whether the value of a field line is the given one, letters in any case.
   * @param line its number, from 0
   * @param value in lower case
   */
  hasValue(line: number, value: string): boolean {
    const { bytes, base } = this;
    const { offsets } = this.fields;
    const start = base + (offsets[line * 4 + 2] as number);
    return equalsIgnoringCase(bytes, start, base + (offsets[line * 4 + 3] as number), value);
  }

  /**
   * The value of one field line, without the whitespace around it.
   * @param line its number, from 0
   */
  value(line: number): string {
    const { offsets } = this.fields;
    return this.text(offsets[line * 4 + 2] as number, offsets[line * 4 + 3] as number);
  }

  /**
   * A part of the head as text; bytes above 0x7F become the characters of the same number (RFC9110§5.5).
   * @param start from {@link base}
   * @param end one past the last byte, from {@link base}
   */
  text(start: number, end: number): string {
    return this.bytes.toString('latin1', this.base + start, this.base + end);
  }

  /**
   * Gives the head its own copy of its bytes where an app that keeps it would else pin much more: up to 128 KiB of pieces that
   * it came in. Not a copy in Node's shared pool: one such request would pin 64 KiB of that.
   */
  retain(): void {
    if (this.bytes.length <= SHARED_ARRAY_BYTES || this.bytes.length === this.length) return;
    const own = Buffer.allocUnsafeSlow(this.length);
    this.bytes.copy(own, 0, this.base, this.base + this.length);
    this.bytes = own;
    this.base = 0;
  }

  #isGet(): boolean {
    const { bytes, base } = this;
    return (
      this.methodEnd === 3 && bytes[base] === 0x47 && bytes[base + 1] === 0x45 && bytes[base + 2] === 0x54
    );
  }
}

const NO_BYTES: Buffer = Buffer.alloc(0);
