import type { SharedCounts } from '#observe/shared-counts.ts';
import { STATES } from './count-slots.ts';

/**
 * How late the event loop of a thread comes by: as it was last, or how long it is overdue, where that is longer.
 * @param counts the thread's
 * @returns in seconds; `undefined` before it looks
 */
export function lagOf(counts: SharedCounts | undefined): number | undefined {
  const due = counts?.get(STATES.due) ?? 0;
  if (counts === undefined || due === 0) return undefined;
  const overdue = (performance.now() - due) / 1000;
  return Math.max(counts.get(STATES.lag), overdue);
}
