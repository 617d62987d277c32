/** So long work goes on, in milliseconds, before others on the event loop have their turn. */
const SLICE_MS = 2;

/**
 * Does work whose steps are short, in slices between which the thread serves others.
 * @param work each step ends with a `yield`
 * @returns what the work returns; rejects with what it throws
 */
export async function inSlices<Result>(work: Generator<void, Result>): Promise<Result> {
  for (;;) {
    const end = performance.now() + SLICE_MS;
    do {
      const step = work.next();
      if (step.done === true) return step.value;
    } while (performance.now() < end);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
