const cell = new Int32Array(new SharedArrayBuffer(4));

/** Blocks a thread without using a CPU. */
export function sleep(ms) {
  Atomics.wait(cell, 0, 0, ms);
  return 'slept';
}

/** Blocks a thread, and a CPU. */
export function burn(ms) {
  for (const end = performance.now() + ms; performance.now() < end; );
  return 'burnt';
}
