/** 32 bits that no client can guess, for a table of clients. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Int32Array(1))[0] ?? 0;
}
