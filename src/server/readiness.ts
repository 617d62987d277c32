import type { ThreadsInSight } from './threads-in-sight.ts';

/** Whether requests should be sent here, as a balancer asks it. */
export class Readiness {
  readonly #inSight: () => ThreadsInSight;
  #phase: 'starting' | 'serving' | 'closing' = 'starting';

  /** @param inSight the threads as they are now */
  constructor(inSight: () => ThreadsInSight) {
    this.#inSight = inSight;
  }

  /** Every thread has become ready, or was given up. */
  onStarted(): void {
    if (this.#phase === 'starting') this.#phase = 'serving';
  }

  /** A shutdown has begun. For good. */
  onClosing(): void {
    this.#phase = 'closing';
  }

  /** Why no requests should be sent here, in a line; `undefined`: they should. */
  get objection(): string | undefined {
    if (this.#phase === 'starting') return 'starting';
    if (this.#phase === 'closing') return 'shutting down';
    const { server, record, isHealthy } = this.#inSight();
    // The rest serves on, and it is the balancer's choice: where no other server is left, most send requests anyway.
    const [place] = record.givenUp;
    if (place !== undefined) return `server-${place} died too often and is given up`;
    return server.some(isHealthy) ? undefined : 'no thread is healthy';
  }
}
