import { createFetchHandler, type FetchHandlerOptions } from '#fetch/fetch-handler.ts';
import { failedReply } from '#net/failure-events.ts';
import { TestListener } from './test-listener.ts';

/**
 * A listener that a function answers, as a fetch app.
 * @param fetch answers
 * @param options in which it differs from one without a context, whose failures are answered by a bare 500
 */
export function listenWith(
  fetch: (request: Request) => Response | Promise<Response>,
  options: Partial<FetchHandlerOptions<undefined>> = {},
): Promise<TestListener> {
  return TestListener.open(
    createFetchHandler<undefined>(
      { fetch },
      {
        context: () => undefined,
        onError: () => undefined,
        failureReply: (error, request) => failedReply(request, error),
        ...options,
      },
    ),
  );
}
