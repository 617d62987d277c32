/** A worker is at most so many items ahead of who reads them. */
export const ITEMS_AHEAD = 16;

/** What a {@link JobStream} needs of its sender. */
export interface JobStreamHost {
  /** Lets the worker send so many more items. */
  readonly pull: (items: number) => void;
  /** Nobody reads any more: the generator is to end. */
  readonly stop: () => void;
}

/**
 * The items of a generator that runs on a worker, for one reader. The worker waits where it is {@link ITEMS_AHEAD} items
 * ahead; who stops reading (`break`) ends the generator, with its `finally` blocks.
 */
export class JobStream<T, R = void> implements AsyncIterableIterator<T, R, void>, AsyncDisposable {
  readonly #host: JobStreamHost;
  #items: T[] = [];
  /** Those that were read and not asked for anew. */
  #taken = 0;
  #end: { readonly value: R } | { readonly error: unknown } | undefined;
  #isStopped = false;
  #hasThrown = false;
  #waiting: (() => void)[] = [];

  /** @param host where it comes from */
  constructor(host: JobStreamHost) {
    this.#host = host;
  }

  /** Items have come. */
  push(items: readonly unknown[]): void {
    if (this.#isStopped) return;
    this.#items.push(...(items as T[]));
    this.#wakeAll();
  }

  /**
   * The stream ends as the job does.
   * @param end the promise of its task
   */
  follow(end: Promise<unknown>): void {
    end.then(
      (value) => this.#onEnd({ value: value as R }),
      (error: unknown) => this.#onEnd({ error }),
    );
  }

  /** The next item, or what the generator returned. Rejects once with what it threw. */
  async next(): Promise<IteratorResult<T, R>> {
    while (this.#items.length === 0 && this.#end === undefined) {
      await this.#more();
    }
    if (this.#items.length > 0) {
      this.#taken += 1;
      if (this.#taken * 2 >= ITEMS_AHEAD) {
        if (this.#end === undefined) this.#host.pull(this.#taken);
        this.#taken = 0;
      }
      return { done: false, value: this.#items.shift() as T };
    }
    const end = this.#end;
    if (end !== undefined && 'error' in end && !this.#hasThrown && !this.#isStopped) {
      this.#hasThrown = true;
      throw end.error;
    }
    return { done: true, value: (end !== undefined && 'value' in end ? end.value : undefined) as R };
  }

  /** Ends the generator before its end. Resolves when it has ended, however it did. */
  async return(value?: R | PromiseLike<R>): Promise<IteratorResult<T, R>> {
    this.#isStopped = true;
    this.#items = [];
    if (this.#end === undefined) {
      this.#host.stop();
      while (this.#end === undefined) {
        await this.#more();
      }
    }
    return { done: true, value: (await value) as R };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wakeAll(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #onEnd(end: { readonly value: R } | { readonly error: unknown }): void {
    this.#end = end;
    this.#wakeAll();
  }
}
