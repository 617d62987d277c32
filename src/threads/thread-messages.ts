import type { PackedError } from './packed-error.ts';

/** How full a heap is: of the old generation, where everything is that is kept. */
export interface HeapReading {
  /** What is in use, in bytes. */
  readonly usedBytes: number;
  /** What there may be, in bytes. */
  readonly limitBytes: number;
}

/** The `workerData` of a spare until it has a place. */
export const SPARE_MARK: object = Object.freeze({ 'heddle:thread': 'spare' });

/**
 * What a thread and its owner tell each other about the thread's life. The key is the brand: it keeps these
 * apart from the messages of the layers above, which travel on the same channel.
 */
export type ControlMessage =
  /** Thread to owner: the start is over, work may come. `detail` is the business of the layers above. */
  | { readonly 'heddle:thread': 'ready'; readonly detail: unknown }
  /** Thread to owner: the start has failed, the thread is about to end. */
  | { readonly 'heddle:thread': 'start-failed'; readonly error: PackedError }
  /** Owner to thread: do you come by your event loop? */
  | { readonly 'heddle:thread': 'ping' }
  /** Thread to owner: yes. */
  | { readonly 'heddle:thread': 'pong' }
  /** Thread to owner: little of its heap is left. */
  | { readonly 'heddle:thread': 'heap-near-limit'; readonly heap: HeapReading }
  /** Owner to spare: the place to fill. */
  | { readonly 'heddle:thread': 'place'; readonly workerData: unknown }
  /** Owner to thread: finish what you hold, then end. */
  | { readonly 'heddle:thread': 'drain' }
  /** Thread to owner: nothing is left, the thread is about to end. */
  | { readonly 'heddle:thread': 'drained' };

/** Tells a control message from a message of the layers above. */
export function isControlMessage(message: unknown): message is ControlMessage {
  return typeof message === 'object' && message !== null && 'heddle:thread' in message;
}
