import { describeError } from '#observe/error-text.ts';
import type { Log } from '#observe/log.ts';
import type { ManagedThread } from '#threads/managed-thread.ts';
import type { ThreadSupervisor } from '#threads/supervisor.ts';
import type { ListeningSockets } from './listening-sockets.ts';
import { OrphanedSockets } from './orphaned-sockets.ts';
import { StandIn } from './stand-in.ts';

/** What covering for threads needs. */
export interface ThreadCoverOptions {
  /** All sockets of the server. */
  readonly sockets: ListeningSockets;
  /** The regular server threads. */
  readonly threads: () => readonly ManagedThread[];
  /** Whether a thread can be given work. */
  readonly isHealthy: (thread: ManagedThread) => boolean;
  /** Makes a set of one further thread, not started. */
  readonly makeStandIn: () => ThreadSupervisor;
  /** Where it is logged that nobody accepts from a socket. */
  readonly log: Log;
}

/**
 * Who accepts from the sockets of threads that do not: a neighbour; and where there is none that is healthy, one more
 * thread that is started for it.
 */
export class ThreadCover {
  readonly #options: ThreadCoverOptions;
  readonly #orphans: OrphanedSockets;
  readonly #standIn: StandIn;

  /** @param options the server's */
  constructor(options: ThreadCoverOptions) {
    this.#options = options;
    this.#orphans = new OrphanedSockets(options.sockets);
    this.#standIn = new StandIn(options.makeStandIn);
  }

  /** All server threads: the regular ones, and the one that stands in; those that are leaving too. */
  threads(): ManagedThread[] {
    return [...this.#options.threads(), ...this.#standIn.all()];
  }

  /** A regular thread does not move: others accept from its socket. */
  cover(thread: ManagedThread): void {
    // A thread that bound for itself shares its socket with nobody.
    if (this.#options.sockets.backend === 'reuse-port') return;
    if (this.#isRegular(thread)) this.#orphans.add(thread.index);
    if (!this.threads().some(this.#options.isHealthy)) this.#standIn.start();
    this.place();
  }

  /** A thread accepts from its socket again, or its successor does. */
  uncover(thread: ManagedThread): void {
    if (this.#isRegular(thread)) this.#orphans.remove(thread.index);
    const { isHealthy } = this.#options;
    const isAnyStill = this.#options.threads().some((other) => other.phase === 'ready' && !isHealthy(other));
    // One that hangs itself is not asked to finish: its clients are relieved first, as those of any other.
    if (!isAnyStill && this.#standIn.threads().every(isHealthy)) void this.#standIn.drain();
  }

  /** A place was given up: its socket is a neighbour's for good. */
  giveUp(thread: ManagedThread): void {
    if (this.#isRegular(thread)) this.#orphans.add(thread.index);
  }

  /** Takes what it had taken over away from a thread that is about to be ended. */
  withdraw(thread: ManagedThread): void {
    this.#orphans.withdraw(thread);
  }

  /**
   * A thread accepts no more: what it had taken over needs another.
   * @param isHeld whether native code holds it
   */
  forsake(thread: ManagedThread, isHeld = false): void {
    this.#orphans.forsake(thread, isHeld);
  }

  /** Finds somebody for each socket that has nobody. */
  place(): void {
    this.#orphans.place(this.threads().filter(this.#options.isHealthy)).catch((error: unknown) => {
      this.#options.log.write('error', `a socket has no thread that accepts\n${describeError(error)}`);
    });
  }

  /**
   * Lets the thread that stands in finish what it has and end.
   * @returns it, where it had to be stopped
   */
  drain(): Promise<readonly ManagedThread[]> {
    return this.#standIn.drain();
  }

  /** Ends it where it stands. */
  terminate(): Promise<void> {
    return this.#standIn.terminate();
  }

  #isRegular(thread: ManagedThread): boolean {
    return !this.#standIn.all().includes(thread);
  }
}
