/**
 * Counts what passes through the connections of one thread. Called for each request: it may store numbers, and nothing
 * else.
 */
export interface TrafficMeter {
  /** A connection was accepted. */
  onAccepted(): void;
  /** A connection was taken over from another thread. */
  onAdopted(): void;
  /** A connection was closed at once, since there are as many as may be. */
  onDropped(): void;
  /** A connection that was accepted or taken over is gone, or somebody else's. */
  onClosed(): void;
  /** The server inside the app refused bytes by itself. */
  onRefusedInside(): void;
  /** Bytes came. */
  onReceived(bytes: number): void;
  /** Bytes were handed to the socket. */
  onSent(bytes: number): void;
  /**
   * The head of a request is complete.
   * @param method as sent
   */
  onBegun(method: string): void;
  /**
   * A request is over; told once for each that has begun.
   * @param method as sent
   * @param status of the answer; 0 where none has begun
   * @param isWhole whether all of the answer was written
   * @param ms how long it took, from the head of the request to the end of the answer
   */
  onEnded(method: string, status: number, isWhole: boolean, ms: number): void;
}
