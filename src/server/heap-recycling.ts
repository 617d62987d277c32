import type { Log } from '#observe/log.ts';
import { overridingHeapFlags } from '#threads/heap-limits.ts';
import type { ManagedThread } from '#threads/managed-thread.ts';
import { Recycler } from '#threads/recycler.ts';
import type { ThreadSupervisor } from '#threads/supervisor.ts';
import type { HeapReading } from '#threads/thread-messages.ts';

/**
 * Recycles server threads whose heap is nearly full. One huge allocation at the limit would end the whole process, and
 * many small ones the thread with everything it holds; recycled it ends behind its last answer, while its replacement
 * already accepts from the same socket.
 */
export class HeapRecycling {
  readonly #log: Log;
  readonly #recycler: Recycler;
  readonly #heaps = new WeakMap<ManagedThread, HeapReading>();

  /**
   * @param threads the server threads
   * @param drainTimeoutMs how long a thread may take to finish what it holds; asked when it is needed
   * @param log where it is told
   */
  constructor(threads: ThreadSupervisor, drainTimeoutMs: () => number, log: Log) {
    this.#log = log;
    this.#recycler = new Recycler({
      replace: (thread) => threads.replace(thread, drainTimeoutMs()),
      onBegin: (thread) => this.#onBegin(thread),
      onEnd: (thread, outcome, ms) => {
        if (outcome === 'replaced')
          this.#log.write('info', `${nameOf(thread)} is recycled, in ${Math.round(ms)} ms`);
      },
    });
  }

  /**
   * A thread's heap is near its limit.
   * @param thread which
   * @param heap how full it is
   */
  request(thread: ManagedThread, heap: HeapReading): void {
    this.#heaps.set(thread, heap);
    this.#recycler.request(thread);
  }

  #onBegin(thread: ManagedThread): void {
    const { usedBytes = 0, limitBytes = 1 } = this.#heaps.get(thread) ?? {};
    const share = Math.round((100 * usedBytes) / limitBytes);
    this.#log.write(
      'warning',
      `${nameOf(thread)} is being recycled: of the ${mebibytes(limitBytes)} that its heap has for what is kept ` +
        `${mebibytes(usedBytes)} are in use (${share} %). ` +
        'Look for what the app keeps, or give it more with --thread-memory.',
    );
  }
}

/**
 * Warns of each flag of this process that decides over the limits of its threads.
 * @param log where to
 */
export function warnOfOverridingFlags(log: Log): void {
  for (const flag of overridingHeapFlags(process.execArgv, process.env.NODE_OPTIONS)) {
    log.write(
      'warning',
      `${flag} overrides --thread-memory. Leave it out, or both mean something else than they say.`,
    );
  }
}

function nameOf(thread: ManagedThread): string {
  return `server-${thread.index}`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
