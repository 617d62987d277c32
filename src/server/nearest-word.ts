/**
 * The word of a list that a misspelt one is nearest to: one letter apart, or two in a long word; swapped ones are one.
 * @param word as somebody wrote it
 * @param words that there are
 * @returns `undefined` where none is near
 */
export function nearestWord(word: string, words: Iterable<string>): string | undefined {
  const most = word.length < 8 ? 1 : 2;
  let nearest: string | undefined;
  let least = most + 1;
  for (const other of words) {
    if (Math.abs(other.length - word.length) >= least) continue;
    const distance = distanceOf(word, other);
    if (distance < least) [nearest, least] = [other, distance];
  }
  return nearest;
}

/** How many letters have to be put in, taken out, changed or swapped with the next to make one word of another. */
function distanceOf(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, at) => at)];
  const get = (row: number, at: number): number => rows[row]?.[at] ?? 0;
  for (let row = 1; row <= a.length; row += 1) {
    const line = [row];
    rows.push(line);
    for (let at = 1; at <= b.length; at += 1) {
      const changed = get(row - 1, at - 1) + (a[row - 1] === b[at - 1] ? 0 : 1);
      const isSwapped = at > 1 && row > 1 && a[row - 1] === b[at - 2] && a[row - 2] === b[at - 1];
      const swapped = isSwapped ? get(row - 2, at - 2) + 1 : changed;
      line.push(Math.min(changed, swapped, get(row - 1, at) + 1, get(row, at - 1) + 1));
    }
  }
  return get(a.length, b.length);
}
