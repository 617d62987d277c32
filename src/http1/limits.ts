/** How much of a message the engine takes before it refuses. The defaults stand in `server/serve-options.ts`. */
export interface MessageLimits {
  /** Request line and field section together, in bytes; above it 431 (RFC6585§5). */
  readonly maxHeadBytes: number;
  /** Field lines in a head; above it 431. */
  readonly maxFields: number;
  /** The request target, in bytes; above it 414 (RFC9112§3). */
  readonly maxTargetBytes: number;
  /** The trailer section of one chunked body, in bytes; above it 431. */
  readonly maxTrailerBytes: number;
  /** All chunk extensions of one body together, in bytes; above it 400 (RFC9112§7.1.1). */
  readonly maxChunkExtensionBytes: number;
}
