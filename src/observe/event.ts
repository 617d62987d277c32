import { channel } from 'node:diagnostics_channel';

/**
 * A named event with a typed payload. Core code publishes, logs and counters subscribe; neither knows the other.
 * Built on `node:diagnostics_channel`, so outside tools can listen to the same names.
 *
 * @example
 * if (requestFailed.hasSubscribers) requestFailed.publish({ error, method, target });
 */
export class ObservedEvent<Payload extends object> {
  readonly #channel: ReturnType<typeof channel>;

  /** @param name the channel's name, `heddle:...` */
  constructor(name: `heddle:${string}`) {
    this.#channel = channel(name);
  }

  /** Whether anybody listens; without listeners no payload need be built. */
  get hasSubscribers(): boolean {
    return this.#channel.hasSubscribers;
  }

  /** Tells all listeners, in this tick. */
  publish(payload: Payload): void {
    this.#channel.publish(payload);
  }

  /**
   * Listens until the returned function is called.
   * @param listener gets each payload
   */
  subscribe(listener: (payload: Payload) => void): () => void {
    const onMessage = (message: unknown): void => listener(message as Payload);
    this.#channel.subscribe(onMessage);
    return () => {
      this.#channel.unsubscribe(onMessage);
    };
  }
}
