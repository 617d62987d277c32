import { HeddleError } from '#observe/heddle-error.ts';
import type { CurrentJob } from './current-job.ts';
import { notCloneable } from './pool-errors.ts';
import type { SentJob, WorkerMessage } from './pool-messages.ts';

/** Items are kept back for so long, in milliseconds, so that several go in one message. */
const KEEP_MS = 1;

/** What a running job needs of the thread it runs on. */
export interface RunningJobHost {
  /** Whether it was asked to stop, in shared memory. */
  readonly isAskedToStop: () => boolean;
  /** Sends what is not its end to its sender. */
  readonly post: (message: WorkerMessage) => void;
}

/** The job that runs on a pool thread: what it sees of itself, and what its sender says to it meanwhile. */
export class RunningJob implements CurrentJob {
  /** What was sent. */
  readonly job: SentJob;
  /** Its slot in this hold. */
  readonly slot: number;
  /** When it began, by the clock of `performance.now()`. */
  readonly startedAt: number = performance.now();
  readonly #host: RunningJobHost;
  #controller: AbortController | undefined;
  #isGivenUp = false;
  #credit: number;
  #isStopped = false;
  #isOver = false;
  #flushedAt = 0;
  #items: unknown[] = [];
  #wake: (() => void) | undefined;

  /**
   * @param job what was sent
   * @param slot its slot
   * @param host the thread
   */
  constructor(job: SentJob, slot: number, host: RunningJobHost) {
    this.job = job;
    this.slot = slot;
    this.#host = host;
    this.#credit = job.items ?? 0;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.isGivenUp) this.#controller.abort();
    return this.#controller.signal;
  }

  get isGivenUp(): boolean {
    this.#isGivenUp ||= this.#host.isAskedToStop();
    return this.#isGivenUp;
  }

  progress(value: unknown): void {
    if (this.job.tells === true && !this.#isOver) this.#host.post({ kind: 'progress', value });
  }

  /** Its sender has given it up. */
  onAbort(): void {
    this.#isGivenUp = true;
    this.#controller?.abort();
    this.onStop();
  }

  /** It has ended: what it left behind speaks for nobody. */
  onOver(): void {
    this.#isOver = true;
  }

  /** Its sender can take so many more items. */
  onPull(items: number): void {
    this.#credit += items;
    this.#wake?.();
  }

  /** Its sender takes no more items. */
  onStop(): void {
    this.#isStopped = true;
    this.#wake?.();
  }

  /**
   * Sends the items of a generator as they come, as many as its sender can take.
   * @param source what the job returned
   * @returns what the generator returns
   * @throws what the generator throws; TypeError for what is no generator, nor iterable in any way
   */
  async stream(source: unknown): Promise<unknown> {
    const iterator = iteratorOf(source);
    let isDone = false;
    try {
      while (!this.#isStopped) {
        if (this.#credit === 0) {
          this.#flush();
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          continue;
        }
        let step = iterator.next();
        if (step instanceof Promise) {
          // What there is is not kept back for what may take its time.
          this.#flush();
          step = await step;
        }
        isDone = step.done === true;
        if (isDone) return step.value;
        this.#items.push(step.value);
        this.#credit -= 1;
        if (performance.now() - this.#flushedAt > KEEP_MS) this.#flush();
      }
      return undefined;
    } catch (error) {
      isDone ||= !(error instanceof HeddleError);
      throw error;
    } finally {
      if (!isDone) await iterator.return?.();
      this.#flush();
    }
  }

  #flush(): void {
    const items = this.#items;
    this.#flushedAt = performance.now();
    if (items.length === 0) return;
    this.#items = [];
    try {
      this.#host.post({ kind: 'items', items });
    } catch (cause) {
      throw notCloneable('result', this.job.order.name, cause);
    }
  }
}

type AnyIterator = {
  next(): IteratorResult<unknown> | Promise<IteratorResult<unknown>>;
  return?(): unknown;
};

function iteratorOf(source: unknown): AnyIterator {
  if (typeof source === 'object' && source !== null) {
    if (Symbol.asyncIterator in source) return (source as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    if (Symbol.iterator in source) return (source as Iterable<unknown>)[Symbol.iterator]();
  }
  throw new TypeError(
    'The job returned nothing that can be iterated. Make it a generator: function* or async function*.',
  );
}
