/** Counts the jobs of one sender. Called for each: it may store numbers, and nothing else. */
export interface JobMeter {
  /** A job was given. */
  onGiven(): void;
  /** A job was not taken: as many wait as may. */
  onRefused(): void;
  /**
   * A worker has it.
   * @param waitedMs how long it waited; told again for one that is taken back from a worker and sent to another
   */
  onWaited(waitedMs: number): void;
  /**
   * It has run.
   * @param ms for how long
   */
  onRun(ms: number): void;
  /**
   * It is settled; told once for each that was given.
   * @param hasFailed whether it rejected
   */
  onSettled(hasFailed: boolean): void;
}
