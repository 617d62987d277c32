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

/** Fails with an error that has all that an error may have. */
export function fail(): never {
  throw Object.assign(new RangeError('too many', { cause: new Error('the reason') }), { code: 'E_MANY' });
}

/** Ends its thread. */
export function leave(): never {
  process.exit(3);
}

/** Throws where nobody catches, and never answers. */
export function throwElsewhere(): Promise<never> {
  setTimeout(() => {
    throw new Error('thrown elsewhere');
  });
  return new Promise(() => undefined);
}

/** Rejects where nobody listens, and never answers. */
export function rejectElsewhere(): Promise<never> {
  void Promise.reject(new Error('rejected elsewhere'));
  return new Promise(() => undefined);
}

/** Fills the heap with small objects. */
export function exhaust(): never {
  let last: unknown;
  for (;;) last = { last };
}

/** Never ends. */
export function loop(): never {
  for (;;);
}

/** What cannot be copied. */
export function makeFunction(): unknown {
  return () => 1;
}
