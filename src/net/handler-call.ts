import { errorReply } from '#exchange/error-reply.ts';
import type { Answer, Handler } from '#exchange/handler.ts';
import { failedReply } from './failure-events.ts';
import type { ReceivedRequest } from './received-request.ts';
import { releaseContent } from './reply-content.ts';

/** What the handler's call tells its connection of an answer that comes later. */
export interface AnswerOwner {
  /** The answer is there; the exchange may have ended in the meantime. */
  onAnswer(request: ReceivedRequest, answer: Answer): void;
}

/**
 * Asks the handler for the answer to a request: 404 where it has none, 500 and an event where it fails.
 * @param owner is told of an answer that comes later
 * @returns the answer, or `undefined` where it comes later
 */
export function callHandler(
  handler: Handler,
  request: ReceivedRequest,
  owner: AnswerOwner,
): Answer | undefined {
  let answer: ReturnType<Handler>;
  try {
    answer = handler(request);
  } catch (error) {
    return failedReply(request, error);
  }
  if (!(answer instanceof Promise)) return answer ?? errorReply(404);
  request.retain();
  answer.then(
    (settled) => owner.onAnswer(request, settled ?? errorReply(404)),
    (error: unknown) => owner.onAnswer(request, failedReply(request, error)),
  );
  return undefined;
}

/** Lets go of an answer that has nowhere to go: it may hold a file or a stream. */
export function releaseAnswer(answer: Answer): void {
  if ('status' in answer) releaseContent(answer.body);
}
