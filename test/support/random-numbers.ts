/**
 * Whole numbers from 0 to `below` - 1; seeded, so that a failure can be repeated.
 * @param seed any whole number
 */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) % below;
  };
}
