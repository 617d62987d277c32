import type { Log, Severity } from '#observe/log.ts';
import type { ThreadExit } from '#threads/managed-thread.ts';
import { ProcessCounts } from './process-counts.ts';

/** Why a thread has ended that was not asked to: as its `ThreadExit` says, or since its heap was nearly full. */
export type EndCause = ThreadExit['kind'] | 'recycled';

/** How many threads have ended in one way. */
export interface ThreadEnds {
  readonly kind: 'server' | 'pool';
  readonly cause: EndCause;
  readonly count: number;
}

/** An entry of the log that is kept. */
export interface KeptEntry {
  /** When, in milliseconds since 1970. */
  readonly at: number;
  readonly severity: Severity;
  /** Its first line, and what came with it, such as a stack. */
  readonly message: string;
}

const MOST_ENTRIES = 20;
/** A stack with its causes; an error may hold anything. */
const MOST_CHARACTERS = 4_000;

/** What the supervisor knows of the whole process, all generations together, for those who tell of it. */
export class ServerTally {
  /** What the threads count; `undefined` where nobody could ask for it. */
  readonly counts: ProcessCounts | undefined;
  /** How many reloads have led to a generation that serves, and how many have not. */
  readonly reloads: { done: number; failed: number } = { done: 0, failed: 0 };
  readonly #ends = new Map<string, { kind: 'server' | 'pool'; cause: EndCause; count: number }>();
  readonly #entries: KeptEntry[] = [];

  /** @param counts whether somebody can ask for what the threads count */
  constructor(counts: boolean) {
    this.counts = counts ? new ProcessCounts() : undefined;
  }

  /** A thread has ended that was not asked to. */
  noteEnd(kind: 'server' | 'pool', cause: EndCause): void {
    const key = `${kind} ${cause}`;
    const ends = this.#ends.get(key) ?? { kind, cause, count: 0 };
    ends.count += 1;
    this.#ends.set(key, ends);
  }

  /** How many threads have ended, by what and how. */
  get ends(): readonly ThreadEnds[] {
    return [...this.#ends.values()];
  }

  /**
   * A log whose last warnings and errors are kept.
   * @param log where it all goes
   */
  keep(log: Log): Log {
    return {
      write: (severity, message) => {
        log.write(severity, message);
        if (severity === 'info') return;
        this.#entries.push({ at: Date.now(), severity, message: message.slice(0, MOST_CHARACTERS) });
        if (this.#entries.length > MOST_ENTRIES) this.#entries.shift();
      },
    };
  }

  /** The last warnings and errors of the supervisor, the newest last: deaths, hangs, reloads that failed. */
  get entries(): readonly KeptEntry[] {
    return this.#entries;
  }
}
