import type { Answer, Handler } from './handler.ts';
import type { IncomingRequest } from './incoming-request.ts';

/**
 * One handler out of several: asks them in order, the first that has an answer gives it. Stays synchronous as
 * long as the handlers are.
 * @param handlers in the order in which they are asked
 */
export function firstAnswer(handlers: readonly Handler[]): Handler {
  const [only] = handlers;
  if (only !== undefined && handlers.length === 1) return only;
  return (request) => askFrom(handlers, 0, request);
}

function askFrom(
  handlers: readonly Handler[],
  first: number,
  request: IncomingRequest,
): Answer | Promise<Answer | undefined> | undefined {
  for (let index = first; index < handlers.length; index += 1) {
    const answer = handlers[index]?.(request);
    if (answer instanceof Promise) {
      return answer.then((settled) => settled ?? askFrom(handlers, index + 1, request));
    }
    if (answer !== undefined) return answer;
  }
  return undefined;
}
