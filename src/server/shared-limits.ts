import { AddressCounts } from '#net/address-counts.ts';
import type { ManagedThread } from '#threads/managed-thread.ts';
import { randomSeed } from './random-seed.ts';
import type { Settings } from './serve-options.ts';
import { TokenBuckets } from './token-buckets.ts';

/** What one thread shares with the others of the process to count clients together; `undefined` where nothing is limited. */
export interface LimitMemory {
  /** The connections of each client, and this thread's place there. */
  readonly connections: { readonly buffer: SharedArrayBuffer; readonly place: number } | undefined;
  /** How often each client may still ask. */
  readonly buckets: SharedArrayBuffer | undefined;
}

/** So many generations may be there at a time: one serves, one is prepared, the others finish what they have. */
const GENERATIONS = 6;
/** Beside its own threads a generation may have one that replaces another, and one that stands in. */
const MORE_THREADS = 2;

/** Places for threads where connections are counted. */
interface Places {
  /** How many connections a thread may have. */
  readonly connections: number;
  readonly buffer: SharedArrayBuffer;
  /** Which places nobody has. */
  readonly free: number[];
}

/** The memory of all limits that hold over threads. It outlives them, and generations: a reload forgives nobody. */
export class SharedLimits {
  #connections: Places | undefined;
  #buckets: { readonly rate: string; readonly buffer: SharedArrayBuffer } | undefined;
  readonly #taken = new Map<ManagedThread, () => void>();

  /**
   * Gives a thread what it shares.
   * @param settings of its generation
   * @param threads how many there are of it
   */
  open(thread: ManagedThread, settings: Settings, threads: number): LimitMemory {
    const { maxConnectionsPerIp, rateLimit } = settings;
    return {
      connections:
        maxConnectionsPerIp === 0 ? undefined : this.#openPlace(thread, settings.maxConnections, threads),
      buckets: rateLimit === '' ? undefined : this.#bucketsFor(rateLimit),
    };
  }

  /** Forgets the connections of a thread that has ended. */
  close(thread: ManagedThread): void {
    this.#taken.get(thread)?.();
    this.#taken.delete(thread);
  }

  #openPlace(thread: ManagedThread, connections: number, threads: number): LimitMemory['connections'] {
    // After a reload there may be more: those that are there already are counted where they are.
    if (this.#connections === undefined || this.#connections.connections < connections) {
      const places = GENERATIONS * (threads + MORE_THREADS);
      const buffer = AddressCounts.allocate(places, connections, randomSeed());
      this.#connections = {
        connections,
        buffer,
        free: Array.from({ length: places }, (_, place) => place).reverse(),
      };
    }
    const { buffer, free } = this.#connections;
    const place = free.pop();
    // More threads than there can be: one more is not counted.
    if (place === undefined) return undefined;
    this.#taken.set(thread, () => {
      new AddressCounts(buffer, place).clear();
      free.push(place);
    });
    return { buffer, place };
  }

  /** What is left of one rate means nothing at another. */
  #bucketsFor(rate: string): SharedArrayBuffer {
    if (this.#buckets?.rate !== rate) {
      this.#buckets = { rate, buffer: TokenBuckets.allocate(randomSeed()) };
    }
    return this.#buckets.buffer;
  }
}
