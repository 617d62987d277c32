// The jobs that every pool runs. Each answers what can be checked.

/** Comes back. */
export function echo<T>(value: T): T {
  return value;
}

/** Keeps a thread busy for so many milliseconds. */
export function burn(ms: number): number {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return ms;
}

/** The first and the last byte, and how many there are. */
export function measure(bytes: Uint8Array): readonly number[] {
  return [bytes.length, bytes[0] ?? -1, bytes.at(-1) ?? -1];
}
