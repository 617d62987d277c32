import { getHeapStatistics } from 'node:v8';
import { resourceLimits } from 'node:worker_threads';
import { YOUNG_RESERVE } from './heap-limits.ts';
import type { HeapReading } from './thread-messages.ts';
import { reportHeapNearLimit } from './thread-side.ts';

/** At this share of the limit a heap counts as near it. */
export const SOFT_HEAP_LIMIT = 0.85;

const PERIOD_MS = 1_000;
/** So many looks above the soft limit without any full collection decide as well. */
const PATIENCE = 5;
/** `constants.NODE_PERFORMANCE_GC_MAJOR` of `node:perf_hooks`. */
const MAJOR_COLLECTION = 4;

/**
 * Decides when a heap is near its limit. A reading above the soft limit is no proof: before V8 collects, much of it
 * may be garbage. So it only makes the watch listen to collections, and the first reading behind a full one decides.
 * A thread with little to do does not collect, and its next allocation may be the huge one: it is not waited for longer
 * than a few looks. Where it was garbage after all, an idle thread was replaced, which costs nobody anything.
 */
export class HeapWatch {
  readonly #read: () => HeapReading;
  readonly #onNear: (heap: HeapReading) => void;
  #state: 'calm' | 'alarmed' | 'told' = 'calm';
  #looksInAlarm = 0;

  /**
   * @param read how full the heap is
   * @param onNear called once, with the reading that decided
   */
  constructor(read: () => HeapReading, onNear: (heap: HeapReading) => void) {
    this.#read = read;
    this.#onNear = onNear;
  }

  /** Whether collections are to be listened to. */
  get isAlarmed(): boolean {
    return this.#state === 'alarmed';
  }

  /** Looks at the heap; to be called about once a second. */
  look(): void {
    if (this.#state === 'told') return;
    const heap = this.#read();
    this.#state = isNear(heap) ? 'alarmed' : 'calm';
    this.#looksInAlarm = this.#state === 'alarmed' ? this.#looksInAlarm + 1 : 0;
    if (this.#looksInAlarm > PATIENCE) this.#tell(heap);
  }

  /** A full collection is over. */
  onMajorCollection(): void {
    if (this.#state !== 'alarmed') return;
    this.#looksInAlarm = 0;
    const heap = this.#read();
    if (isNear(heap)) this.#tell(heap);
    else this.#state = 'calm';
  }

  #tell(heap: HeapReading): void {
    this.#state = 'told';
    this.#onNear(heap);
  }
}

/**
 * Watches this thread's heap and tells the owner once when it is near its limit. A look takes a quarter of a
 * microsecond; collections are listened to only above the soft limit, since each then costs an entry and a wake-up.
 */
export function watchHeap(): void {
  const watch = new HeapWatch(readHeap, reportHeapNearLimit);
  const collections = new PerformanceObserver((list) => {
    const isMajor = (entry: PerformanceEntry): boolean =>
      (entry as { detail?: { kind?: number } }).detail?.kind === MAJOR_COLLECTION;
    if (list.getEntries().some(isMajor)) watch.onMajorCollection();
  });
  let isListening = false;
  setInterval(() => {
    watch.look();
    if (watch.isAlarmed === isListening) return;
    isListening = watch.isAlarmed;
    if (isListening) collections.observe({ entryTypes: ['gc'] });
    else collections.disconnect();
  }, PERIOD_MS).unref();
}

/**
 * What survives a full collection fills the old generation alone, and the heap is exhausted when that is full: of a
 * limit of 64 MiB at 52, which a share of the whole would never reach.
 */
function readHeap(): HeapReading {
  const { used_heap_size: usedBytes, heap_size_limit: limitBytes } = getHeapStatistics();
  const youngBytes = (resourceLimits.maxYoungGenerationSizeMb ?? 0) * YOUNG_RESERVE * 2 ** 20;
  return { usedBytes, limitBytes: limitBytes - youngBytes };
}

function isNear({ usedBytes, limitBytes }: HeapReading): boolean {
  return usedBytes >= limitBytes * SOFT_HEAP_LIMIT;
}
