import { setTimeout as delay } from 'node:timers/promises';
import type { ManagedThread } from '#threads/managed-thread.ts';
import type { ThreadPhase } from '#threads/thread-phases.ts';
import type { ThreadsInSight } from './threads-in-sight.ts';

/** The heap of a thread, in bytes. */
export interface HeapReport {
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
  readonly heapLimitBytes: number;
  /** Outside of the heap: buffers and typed arrays. */
  readonly externalBytes: number;
}

/** What is told of any thread. */
export interface ThreadReport {
  /** Its number among those of its kind. */
  readonly index: number;
  /** Node's number of it; `null` where there is no thread in this place. */
  readonly threadId: number | null;
  /** `restarting`: it died and its replacement waits to be started; `given-up`: it died too often. */
  readonly phase: ThreadPhase | 'restarting' | 'given-up';
  /** How much of its time its event loop was busy, 0 to 1, over a moment at the time of asking. */
  readonly utilization: number | null;
  /** `null` where it did not answer at once: it hangs, computes, or is not there. */
  readonly memory: HeapReport | null;
}

/** What is told of a server thread. */
export interface ServerThreadReport extends ThreadReport {
  /** Whether it comes back to its event loop; `null` while it is not ready. */
  readonly beat: 'moves' | 'stalled' | null;
  /** Open connections. */
  readonly connections: number | null;
  /** Requests that this thread has begun; not those of threads before it. */
  readonly requests: number | null;
  /** How many threads of this place have died. */
  readonly deaths: number;
}

/** What `/threads` tells. */
export interface ThreadsReport {
  readonly server: readonly ServerThreadReport[];
  readonly pool: readonly ThreadReport[];
}

/** Long enough to say how busy a loop is and for one that turns to answer, short enough to wait for. */
const MOMENT_MS = 100;

type Heap = Awaited<ReturnType<ManagedThread['heapStatistics']>>;

/** Tells of the threads of a server, those that hang too: nothing here waits for a thread longer than a moment. */
export class ThreadReporter {
  readonly #inSight: () => ThreadsInSight;
  /** Questions that a thread has not answered: each thread is asked once, however often somebody wants to know. */
  readonly #asked = new WeakMap<ManagedThread, Promise<Heap | undefined>>();

  /** @param inSight the threads as they are now */
  constructor(inSight: () => ThreadsInSight) {
    this.#inSight = inSight;
  }

  /** Looks at all threads; takes a tenth of a second. */
  async report(): Promise<ThreadsReport> {
    const { server, pool, ...rest } = this.#inSight();
    const moment = delay(MOMENT_MS, undefined);
    const [ofServer, ofPool] = await Promise.all([
      Promise.all(server.map((thread) => this.#serverThread(thread, rest, moment))),
      Promise.all(pool.map((thread) => this.#thread(thread, moment))),
    ]);
    const places = [...ofServer, ...emptyPlaces(server, rest)].sort((a, b) => a.index - b.index);
    return { server: places, pool: ofPool };
  }

  async #serverThread(
    thread: ManagedThread,
    { record, isHealthy, board }: Pick<ThreadsInSight, 'record' | 'isHealthy' | 'board'>,
    moment: Promise<undefined>,
  ): Promise<ServerThreadReport> {
    const told = await this.#thread(thread, moment);
    const work = board(thread);
    return {
      ...told,
      beat: thread.phase !== 'ready' ? null : isHealthy(thread) ? 'moves' : 'stalled',
      connections: work?.connections ?? null,
      // The counter is a signed word that wraps around.
      requests: work === undefined ? null : work.requests >>> 0,
      deaths: record.deaths(thread.index),
    };
  }

  async #thread(thread: ManagedThread, moment: Promise<undefined>): Promise<ThreadReport> {
    const before = thread.loopUse();
    const heap = this.#askForHeap(thread);
    await moment;
    const { index, threadId, phase } = thread;
    const use = thread.loopUse(before)?.utilization;
    return {
      index,
      threadId: threadId < 0 ? null : threadId,
      phase,
      utilization: use === undefined ? null : Math.round(use * 1000) / 1000,
      memory: heapReport(await Promise.race([heap, undefined])),
    };
  }

  #askForHeap(thread: ManagedThread): Promise<Heap | undefined> {
    const pending = this.#asked.get(thread);
    if (pending !== undefined) return pending;
    const answer = thread
      .heapStatistics()
      .catch(() => undefined)
      .finally(() => this.#asked.delete(thread));
    this.#asked.set(thread, answer);
    return answer;
  }
}

/** Those whose thread has died, and has no replacement yet or never will. */
function emptyPlaces(
  threads: readonly ManagedThread[],
  { places, record }: Pick<ThreadsInSight, 'places' | 'record'>,
): ServerThreadReport[] {
  const held = new Set(threads.map((thread) => thread.index));
  const isGivenUp = new Set(record.givenUp);
  return Array.from({ length: places }, (_, index) => index)
    .filter((index) => !held.has(index))
    .map((index) => ({
      ...{ index, threadId: null, phase: isGivenUp.has(index) ? 'given-up' : 'restarting' },
      ...{ utilization: null, memory: null, beat: null, connections: null, requests: null },
      deaths: record.deaths(index),
    }));
}

function heapReport(heap: Heap | undefined): HeapReport | null {
  if (heap === undefined) return null;
  return {
    heapUsedBytes: heap.used_heap_size,
    heapTotalBytes: heap.total_heap_size,
    heapLimitBytes: heap.heap_size_limit,
    externalBytes: heap.external_memory,
  };
}
