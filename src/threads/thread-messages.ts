import type { PackedError } from './packed-error.ts';

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
  /** Owner to thread: finish what you hold, then end. */
  | { readonly 'heddle:thread': 'drain' }
  /** Thread to owner: nothing is left, the thread is about to end. */
  | { readonly 'heddle:thread': 'drained' };

/** Tells a control message from a message of the layers above. */
export function isControlMessage(message: unknown): message is ControlMessage {
  return typeof message === 'object' && message !== null && 'heddle:thread' in message;
}
