import { CR, equalsIgnoringCase, LF, QUERY_ONLY, QUESTION_MARK, SP, TARGET, TCHAR } from './char-class.ts';
import { NEED_DATA, REFUSED } from './field-section.ts';
import { HeadCheck } from './head-check.ts';
import { storeHead } from './head-store.ts';
import type { MessageLimits } from './limits.ts';
import type { ReceiveBuffer } from './receive-buffer.ts';
import type { RejectionCode } from './rejection.ts';
import type { RequestHead } from './request-head.ts';

const EMPTY_LINE = 0;
const EMPTY_LINE_LF = 1;
const METHOD = 2;
const TARGET_START = 3;
const TARGET_REST = 4;
const VERSION = 5;
const LINE_CR = 6;
const LINE_LF = 7;
const FIELDS = 8;

/** More than any client sends between requests; without a bound a peer could keep a head unbegun for ever. */
const MAX_EMPTY_LINES = 4;
/** The longest registered method, UPDATEREDIRECTREF, has 17 letters (IANA HTTP Method Registry). */
const MAX_METHOD_BYTES = 32;
/** `HTTP-version = HTTP-name "/" DIGIT "." DIGIT` (RFC9112§2.3); the name is case-sensitive. */
const HTTP_NAME = 'HTTP/';
const VERSION_BYTES = 8;
const DOT = 0x2e;
const TLS_HANDSHAKE = 0x16;
/** The first line of the preface of HTTP/2, in lower case (RFC9113§3.4). */
const HTTP2_PREFACE_LINE = 'pri * http/2.0\r';

/** Whoever has the connection makes the objects that its requests are read into. */
export interface HeadSource<Head extends RequestHead> {
  /** One more request is about to be read. @returns its empty head */
  newHead(): Head;
}

/** It keeps nothing between two heads, so one serves all connections of a thread. */
const headCheck: HeadCheck = new HeadCheck();

/**
 * Reads the heads of one connection, one after another, from its receive buffer:
 *
 *     request-line   = method SP request-target SP HTTP-version
 *     HTTP-message   = request-line CRLF *( field-line CRLF ) CRLF [ message-body ]
 *
 * It keeps its place between calls. It never looks behind a head's limit, so that the same bytes are refused for
 * the same reason however they are split.
 */
export class HeadReader<Head extends RequestHead> {
  readonly #limits: MessageLimits;
  readonly #source: HeadSource<Head>;
  /** Made when something of it has come: an idle connection has none. */
  #head: Head | undefined;
  #phase = EMPTY_LINE;
  #position = 0;
  #emptyLines = 0;
  #major = 0;
  #queryFound = false;

  /**
   * @param limits what to refuse above
   * @param source makes what the next request is read into
   */
  constructor(limits: MessageLimits, source: HeadSource<Head>) {
    this.#limits = limits;
    this.#source = source;
  }

  /**
   * Whether a byte of the next head has come. Empty lines do not count: some clients send one behind a body
   * (RFC9112§2.2), and would be answered 400 or 408 to a request that they never made.
   */
  get begun(): boolean {
    return this.#phase > EMPTY_LINE_LF;
  }

  /** The head that {@link read} completed last, or is reading. */
  get head(): Head {
    this.#head ??= this.#source.newHead();
    return this.#head;
  }

  /** The unread bytes were moved: what is known of the next head is found where they are now. */
  follow(buffer: ReceiveBuffer): void {
    if (this.#head !== undefined) follow(this.#head, buffer);
  }

  /** Makes ready for the next head. */
  startNext(): void {
    this.#head = undefined;
    this.#phase = EMPTY_LINE;
    this.#position = 0;
    this.#emptyLines = 0;
    this.#queryFound = false;
  }

  /**
   * Reads on.
   * @param buffer the connection's unread bytes; the head is taken out of it when it is complete
   * @returns `done` with {@link head} complete and checked, `need-data`, or why the head is refused
   */
  read(buffer: ReceiveBuffer): 'done' | 'need-data' | RejectionCode {
    if (buffer.length === 0) return 'need-data';
    const { head } = this;
    const outcome = this.#read(buffer, head);
    // What is said of a refused head is read from it later.
    if (outcome !== 'done' && outcome !== 'need-data' && buffer.isLent && this.begun) {
      storeHead(head, Math.min(buffer.length, this.#limits.maxHeadBytes));
    }
    return outcome;
  }

  #read(buffer: ReceiveBuffer, head: Head): 'done' | 'need-data' | RejectionCode {
    if (this.#phase <= EMPTY_LINE_LF) {
      const outcome = this.#skipEmptyLines(buffer);
      if (outcome !== undefined) return outcome;
    }
    const base = buffer.start;
    // Before the head is complete too: the answer to a refused HEAD must know that it is one.
    follow(head, buffer);
    const limit = base + this.#limits.maxHeadBytes;
    const stop = Math.min(buffer.end, limit);
    if (this.#phase < FIELDS) {
      const outcome = this.#readRequestLine(head, buffer.bytes, base, stop);
      if (outcome !== undefined) return outcome;
    }
    if (this.#phase === FIELDS) {
      const { fields } = head;
      const end = fields.read(buffer.bytes, base, stop, this.#limits.maxFields);
      if (end === REFUSED) return fields.rejection as RejectionCode;
      if (end !== NEED_DATA) return complete(head, buffer, end);
    }
    if (stop !== limit) return 'need-data';
    // A target that alone fills the head is too long, whichever limit it met first (RFC9112§3).
    return this.#phase === TARGET_REST ? 'target-too-long' : 'head-too-large';
  }

  /** RFC9112§2.2: a server SHOULD ignore at least one empty line in front of a request. */
  #skipEmptyLines(buffer: ReceiveBuffer): 'need-data' | RejectionCode | undefined {
    while (buffer.start < buffer.end) {
      const byte = buffer.bytes[buffer.start];
      if (this.#phase === EMPTY_LINE_LF) {
        if (byte !== LF) return 'bare-cr';
        this.#phase = EMPTY_LINE;
      } else if (byte === CR) {
        this.#emptyLines += 1;
        if (this.#emptyLines > MAX_EMPTY_LINES) return 'empty-lines';
        this.#phase = EMPTY_LINE_LF;
      } else {
        if (byte === LF) return 'bare-lf';
        if (byte === TLS_HANDSHAKE) return 'tls-on-plain-port';
        this.#phase = METHOD;
        return undefined;
      }
      buffer.start += 1;
    }
    return 'need-data';
  }

  #readRequestLine(head: Head, bytes: Uint8Array, base: number, stop: number): RejectionCode | undefined {
    let index = base + this.#position;
    while (index < stop && this.#phase < FIELDS) {
      switch (this.#phase) {
        case METHOD: {
          const bound = Math.min(stop, base + MAX_METHOD_BYTES + 1);
          while (index < bound && TCHAR[bytes[index] as number] === 1) index += 1;
          if (index - base > MAX_METHOD_BYTES) return 'method-too-long';
          if (index === stop) break;
          if (bytes[index] !== SP || index === base) return 'method-invalid';
          head.methodEnd = index - base;
          this.#phase = TARGET_START;
          index += 1;
          break;
        }
        case TARGET_START: {
          if (TARGET[bytes[index] as number] !== 1) return 'target-invalid';
          this.#phase = TARGET_REST;
          break;
        }
        case TARGET_REST: {
          const bound = base + head.methodEnd + 2 + this.#limits.maxTargetBytes;
          const end = Math.min(stop, bound);
          while (index < end && TARGET[bytes[index] as number] === 1) index += 1;
          if (index === bound) return 'target-too-long';
          if (index === stop) break;
          if (TARGET[bytes[index] as number] === QUERY_ONLY) {
            if (!this.#isInQuery(bytes, base + head.methodEnd + 1, index)) return 'target-invalid';
            index += 1;
            break;
          }
          if (bytes[index] !== SP) return targetEndRejection(bytes[index] as number);
          head.targetEnd = index - base;
          this.#phase = VERSION;
          index += 1;
          break;
        }
        case VERSION: {
          const at = index - base - head.targetEnd - 1;
          const rejection = this.#readVersionByte(head, at, bytes[index] as number);
          if (rejection !== undefined) return rejection;
          if (at === VERSION_BYTES - 1) this.#phase = LINE_CR;
          index += 1;
          break;
        }
        case LINE_CR: {
          if (bytes[index] !== CR) return bytes[index] === LF ? 'bare-lf' : 'version-invalid';
          this.#phase = LINE_LF;
          index += 1;
          break;
        }
        default: {
          if (bytes[index] !== LF) return 'bare-cr';
          // The version is judged at the end of its line: only what is a request line can ask for a version.
          if (this.#major !== 1) return versionRejection(bytes, base, index);
          this.#phase = FIELDS;
          index += 1;
          head.fields.position = index - base;
        }
      }
    }
    this.#position = index - base;
    return undefined;
  }

  /** Remembers what it found: a query of nothing but backslashes would else be searched from each of them. */
  #isInQuery(bytes: Uint8Array, targetStart: number, index: number): boolean {
    for (let at = targetStart; at < index && !this.#queryFound; at += 1) {
      this.#queryFound = bytes[at] === QUESTION_MARK;
    }
    return this.#queryFound;
  }

  #readVersionByte(head: Head, at: number, byte: number): RejectionCode | undefined {
    if (at < HTTP_NAME.length) {
      return byte === HTTP_NAME.charCodeAt(at) ? undefined : 'version-invalid';
    }
    if (at === HTTP_NAME.length + 1) return byte === DOT ? undefined : 'version-invalid';
    const digit = byte - 0x30;
    if (digit < 0 || digit > 9) return 'version-invalid';
    if (at === HTTP_NAME.length) this.#major = digit;
    else head.minorVersion = digit;
    return undefined;
  }
}

/** The bytes of a head that is being read lie where the buffer has them now. */
function follow(head: RequestHead, buffer: ReceiveBuffer): void {
  head.bytes = buffer.bytes;
  head.base = buffer.start;
}

function complete(head: RequestHead, buffer: ReceiveBuffer, end: number): 'done' | RejectionCode {
  head.length = end - buffer.start;
  const rejection = headCheck.check(head);
  if (rejection !== undefined) return rejection;
  if (buffer.isLent) storeHead(head, head.length);
  buffer.start = end;
  return 'done';
}

function targetEndRejection(byte: number): RejectionCode {
  if (byte === LF) return 'bare-lf';
  // "GET /" CRLF: HTTP/0.9, or a line without its version.
  return byte === CR ? 'version-invalid' : 'target-invalid';
}

/** The preface of HTTP/2 is named apart, so that the log can say what the peer speaks. */
function versionRejection(bytes: Uint8Array, base: number, lineEnd: number): RejectionCode {
  return equalsIgnoringCase(bytes, base, lineEnd, HTTP2_PREFACE_LINE)
    ? 'http2-preface'
    : 'version-unsupported';
}
