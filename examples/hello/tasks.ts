/** The jobs of the hello site: functions that may block, each run on a thread of the pool. */

/**
 * Blocks the thread that runs it, as a slow computation or a synchronous driver would.
 * @param ms how long, in milliseconds
 */
export function sleep(ms: number): string {
  const nobodyWakesThis = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(nobodyWakesThis, 0, 0, ms);
  return `slept for ${ms} ms`;
}
