import { parentPort, type Transferable, workerData } from 'node:worker_threads';
import { HeddleError } from '#observe/heddle-error.ts';
import { packError } from './packed-error.ts';
import { type ControlMessage, type HeapReading, isControlMessage } from './thread-messages.ts';

// This module is the thread's end of its owner's `ManagedThread`. It is imported by thread entries only and
// holds the state of the one thread it runs in.

/** Domain messages that came before anybody listened: an owner may post as soon as it has the thread. */
let early: unknown[] | undefined = [];
let messageListener: ((message: unknown) => void) | undefined;
let drainListeners: (() => void | Promise<void>)[] = [];
let draining = false;

const place = Promise.withResolvers<void>();
if (!isControlMessage(workerData)) place.resolve();

const owner = parentPort;
owner?.on('message', onOwnerMessage);

/**
 * Waits for the thread's place: a spare gets it when another thread has died, or when it is known how many there are to be; others have
 * it from the start.
 * Before that `workerData` says nothing, from then on it is what the owner gave.
 */
export function placed(): Promise<void> {
  return place.promise;
}

/**
 * Tells the owner that little of the heap is left.
 * @param heap how full it is
 */
export function reportHeapNearLimit(heap: HeapReading): void {
  postControl({ 'heddle:thread': 'heap-near-limit', heap });
}

/**
 * Tells the owner that the start is over.
 * @param detail anything cloneable; the owner's `onReady` gets it
 */
export function reportReady(detail?: unknown): void {
  postControl({ 'heddle:thread': 'ready', detail });
}

/**
 * Tells the owner that the start has failed, and ends the thread with exit code 1.
 * @param error what went wrong; name, message, stack, code and cause reach the owner
 */
export function reportStartFailure(error: unknown): never {
  postControl({ 'heddle:thread': 'start-failed', error: packError(error) });
  process.exit(1);
}

/**
 * Registers what has to be finished before the thread may end. When the owner asks for it all listeners run
 * side by side; when the last has settled the thread ends with exit code 0. A listener that fails ends the
 * thread with its error. Without any listener a drained thread ends at once, as one that is still starting
 * should.
 * @param listener called once, when draining begins; never, where it has begun already
 */
export function onDrain(listener: () => void | Promise<void>): void {
  drainListeners.push(listener);
}

/**
 * Registers the one listener for the owner's messages. Those that came before it are handed over first.
 * @param listener called with each message that is not about the thread's life
 */
export function onMessage(listener: (message: unknown) => void): void {
  messageListener = listener;
  const waiting = early ?? [];
  early = undefined;
  for (const message of waiting) listener(message);
}

/**
 * Posts a message to the owner's `onMessage`.
 * @param message anything cloneable
 * @param transfer what is to be moved rather than copied
 */
export function postToOwner(message: unknown, transfer?: readonly Transferable[]): void {
  ownerPort().postMessage(message, [...(transfer ?? [])]);
}

function onOwnerMessage(message: unknown): void {
  if (!isControlMessage(message)) {
    if (early === undefined) messageListener?.(message);
    else early.push(message);
  } else if (message['heddle:thread'] === 'ping') {
    postControl({ 'heddle:thread': 'pong' });
  } else if (message['heddle:thread'] === 'drain' && !draining) {
    draining = true;
    void drain();
  } else if (message['heddle:thread'] === 'place') {
    takePlace(message.workerData);
  }
}

/** In place: modules that read `workerData` find the same in a thread that was a spare as in any other. */
function takePlace(given: unknown): void {
  Reflect.deleteProperty(workerData as object, 'heddle:thread');
  Object.assign(workerData as object, given);
  place.resolve();
}

async function drain(): Promise<void> {
  const listeners = drainListeners;
  drainListeners = [];
  await Promise.all(listeners.map((listener) => listener()));
  postControl({ 'heddle:thread': 'drained' });
  // Not left to an empty event loop: one forgotten interval of the app would hold the thread to its deadline.
  process.exit(0);
}

function postControl(message: ControlMessage): void {
  ownerPort().postMessage(message);
}

function ownerPort(): NonNullable<typeof parentPort> {
  if (owner !== null) return owner;
  throw new HeddleError(
    'ERR_HEDDLE_NOT_A_THREAD',
    'A thread entry of heddle was loaded in the main thread. Start it as a worker thread instead.',
  );
}
