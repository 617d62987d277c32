/**
 * Counts primes.
 * @param from the first number that counts, 2 or more
 * @param to the first that does not
 */
export function countPrimes(from: number, to: number): number {
  let count = 0;
  for (let number = from; number < to; number += 1) if (isPrime(number)) count += 1;
  return count;
}

/**
 * The primes, one after the other, without end.
 * @param from where to begin
 */
export function* primes(from: number): Generator<number> {
  for (let number = from; ; number += 1) if (isPrime(number)) yield number;
}

function isPrime(number: number): boolean {
  for (let factor = 2; factor * factor <= number; factor += 1) if (number % factor === 0) return false;
  return number > 1;
}
