/**
 * One exchange has two sides that move by themselves: the request being read and the reply being written. The two
 * functions below say what may follow what; an event that a state cannot take is a fault of our own and throws.
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

/**
 * The request state behind an event:
 *
 * | event | from | to |
 * |---|---|---|
 * | `head` | `idle` | `complete` |
 * | `head-with-body` | `idle` | `body` |
 * | `body-end` | `body` | `complete` |
 * | `next` | `complete` | `idle` |
 * | `stop` | any | `ended` |
 *
 * Written as a switch: where the event is known at the call, all that is left of it is one comparison. Two look-ups by name
 * took 2 % of a short answer.
 * @throws {Error} where there is no such step: a fault of the caller
 */
export function requestStateAfter(state: RequestState, event: RequestEvent): RequestState {
  switch (event) {
    case 'head':
      if (state === 'idle') return 'complete';
      break;
    case 'head-with-body':
      if (state === 'idle') return 'body';
      break;
    case 'body-end':
      if (state === 'body') return 'complete';
      break;
    case 'next':
      if (state === 'complete') return 'idle';
      break;
    case 'stop':
      return 'ended';
  }
  throw new Error(`A request that is ${state} cannot take "${event}".`);
}

/**
 * The reply state behind an event:
 *
 * | event | from | to |
 * |---|---|---|
 * | `request` | `none` | `due` |
 * | `interim` | `due` | `due` |
 * | `whole` | `due` | `sent` |
 * | `head` | `due` | `streaming` |
 * | `data` | `streaming` | `streaming` |
 * | `end` | `streaming` | `sent` |
 * | `refusal` | `none`, `due` | `sent` |
 * | `next` | `sent` | `none` |
 *
 * @throws {Error} where there is no such step: a fault of the caller
 */
export function replyStateAfter(state: ReplyState, event: ReplyEvent): ReplyState {
  switch (event) {
    case 'request':
      if (state === 'none') return 'due';
      break;
    case 'interim':
      if (state === 'due') return 'due';
      break;
    case 'whole':
      if (state === 'due') return 'sent';
      break;
    case 'head':
      if (state === 'due') return 'streaming';
      break;
    case 'data':
      if (state === 'streaming') return 'streaming';
      break;
    case 'end':
      if (state === 'streaming') return 'sent';
      break;
    case 'refusal':
      if (state === 'none' || state === 'due') return 'sent';
      break;
    case 'next':
      if (state === 'sent') return 'none';
      break;
  }
  throw new Error(`A reply that is ${state} cannot take "${event}".`);
}
