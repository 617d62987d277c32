// What every app answers, in one place: so all of them do the same work.

/** About a kibibyte as JSON. */
export const RECORD = {
  id: 4711,
  name: 'A record of about a kibibyte',
  tags: ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'],
  nested: { flag: true, ratio: 0.618, text: 'x'.repeat(200) },
  list: Array.from({ length: 16 }, (_, at) => ({ at, square: at * at, label: `item ${at}` })),
};

/** One part of the streamed answer. */
export const PART = new Uint8Array(16_384).fill(97);
/** So many make a mebibyte. */
export const PARTS = 64;

/** Some milliseconds of computing: for what threads are for. */
export function compute() {
  let sum = 0;
  for (let round = 0; round < 3_000_000; round += 1) sum = (sum * 31 + round) | 0;
  return String(sum);
}

/** The streamed answer, as the platform has streams. */
export function stream() {
  let left = PARTS;
  return new ReadableStream({
    pull(controller) {
      left -= 1;
      controller.enqueue(PART);
      if (left === 0) controller.close();
    },
  });
}
