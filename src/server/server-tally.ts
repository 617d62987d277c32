import type { Log, Severity } from '#observe/log.ts';
import type { ThreadExit } from '#threads/managed-thread.ts';
import { ProcessCounts } from './process-counts.ts';
import { MOST_ENTRY_CHARACTERS } from './told-log.ts';

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
/** Of errors, and of warnings, of server threads. Kept apart: an app that fails each second would leave no place for others. */
const MOST_TOLD = 10;
/** The query of a request, which may hold what is nobody's business. */
const QUERY = /(\S (?:\/|https?:\/\/)[^\s?]*)\?\S*/gi;

/** What the supervisor knows of the whole process, all generations together, for those who tell of it. */
export class ServerTally {
  /** What the threads count; `undefined` where nobody could ask for it. */
  readonly counts: ProcessCounts | undefined;
  /** How many reloads have led to a generation that serves, and how many have not. */
  readonly reloads: { done: number; failed: number } = { done: 0, failed: 0 };
  readonly #ends = new Map<string, { kind: 'server' | 'pool'; cause: EndCause; count: number }>();
  readonly #entries: KeptEntry[] = [];
  readonly #told: Readonly<Record<Severity, KeptEntry[]>> = { error: [], warning: [], info: [] };

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
        if (severity !== 'info') push(this.#entries, MOST_ENTRIES, severity, message);
      },
    };
  }

  /**
   * Keeps what a server thread has told of its log; see `told-log.ts`.
   * @param message begins with the name of the thread
   */
  noteTold(severity: Severity, message: string): void {
    push(this.#told[severity], MOST_TOLD, severity, message);
  }

  /**
   * The last warnings and errors, the newest last: of the supervisor (deaths, hangs, reloads that failed) and of server
   * threads (requests that failed, were late or turned away). Without the queries of requests.
   */
  get entries(): readonly KeptEntry[] {
    return [...this.#entries, ...this.#told.error, ...this.#told.warning].sort((a, b) => a.at - b.at);
  }
}

function push(entries: KeptEntry[], most: number, severity: Severity, message: string): void {
  const text = message.slice(0, MOST_ENTRY_CHARACTERS).replace(QUERY, '$1');
  entries.push({ at: Date.now(), severity, message: text });
  if (entries.length > most) entries.shift();
}
