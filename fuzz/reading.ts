/** A request as some parser read it; strings have one character a byte. */
export interface ReadRequest {
  readonly method: string;
  readonly target: string;
  readonly minorVersion: number;
  /** Flat: name, value, name, value. */
  readonly fields: readonly string[];
  body: string;
  /** Flat, like the fields. */
  trailers: readonly string[];
}

/** What a parser made of the bytes of one connection. */
export interface Reading {
  /** The requests that were read whole. */
  readonly requests: readonly ReadRequest[];
  /** The request whose head was read, but not all of its body. */
  readonly begun: ReadRequest | undefined;
  /**
   * How it ended: `between` requests or `inside` one, waiting for bytes; `closed`, since the last request said so;
   * `upgrade`, at a request that asks for another protocol; otherwise the code of a refusal.
   */
  readonly end: string;
}
