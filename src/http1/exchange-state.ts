/**
 * One exchange has two sides that move by themselves: the request being read and the reply being written. These
 * two tables say what may follow what; an event that a state does not list is a fault of our own and throws.
 */

/**
 * The request side.
 * - `idle`: between requests or inside a head.
 * - `body`: a head was handed over, its body is not at its end.
 * - `complete`: all of the request was read; the next one waits until the reply was sent.
 * - `ended`: nothing more is read: the peer ended, or its bytes were refused.
 */
export type RequestState = 'idle' | 'body' | 'complete' | 'ended';

/**
 * The reply side.
 * - `none`: no request to answer.
 * - `due`: a request was handed over, nothing of its reply was written; a refusal may still be the answer.
 * - `streaming`: the head is out, the body is not at its end.
 * - `sent`: the reply is complete.
 */
export type ReplyState = 'none' | 'due' | 'streaming' | 'sent';

/** What moves the request side. */
export type RequestEvent = 'head' | 'head-with-body' | 'body-end' | 'next' | 'stop';
/** What moves the reply side. */
export type ReplyEvent = 'request' | 'interim' | 'whole' | 'head' | 'data' | 'end' | 'refusal' | 'next';

/** Which request state follows on which event. */
export const REQUEST_TRANSITIONS: Readonly<
  Record<RequestState, Readonly<Partial<Record<RequestEvent, RequestState>>>>
> = {
  idle: { head: 'complete', 'head-with-body': 'body', stop: 'ended' },
  body: { 'body-end': 'complete', stop: 'ended' },
  complete: { next: 'idle', stop: 'ended' },
  ended: { stop: 'ended' },
};

/** Which reply state follows on which event. */
export const REPLY_TRANSITIONS: Readonly<
  Record<ReplyState, Readonly<Partial<Record<ReplyEvent, ReplyState>>>>
> = {
  none: { request: 'due', refusal: 'sent' },
  due: { interim: 'due', whole: 'sent', head: 'streaming', refusal: 'sent' },
  streaming: { data: 'streaming', end: 'sent' },
  sent: { next: 'none' },
};

/**
 * The request state behind an event.
 * @throws {Error} where the table has no such step: a fault of the caller
 */
export function requestStateAfter(state: RequestState, event: RequestEvent): RequestState {
  const next = REQUEST_TRANSITIONS[state][event];
  if (next === undefined) throw new Error(`A request that is ${state} cannot take "${event}".`);
  return next;
}

/**
 * The reply state behind an event.
 * @throws {Error} where the table has no such step: a fault of the caller
 */
export function replyStateAfter(state: ReplyState, event: ReplyEvent): ReplyState {
  const next = REPLY_TRANSITIONS[state][event];
  if (next === undefined) throw new Error(`A reply that is ${state} cannot take "${event}".`);
  return next;
}
