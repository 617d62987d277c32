import { BodyError } from '#exchange/incoming-request.ts';
import { HeddleError } from '#observe/heddle-error.ts';

/**
 * A request's content is over what `text()`, `json()` and their like take (`ERR_HEDDLE_CONTENT_TOO_LARGE`). An app
 * that lets it escape answers 413 (RFC9110§15.5.14). `status`, `statusCode` and `getResponse()` are where
 * frameworks that catch all errors look for an error's own status; without them they would make it a 500.
 */
export class ContentTooLargeError extends HeddleError {
  /** The status to answer with. */
  readonly status = 413;
  /** The same, under the name other frameworks read. */
  readonly statusCode = 413;

  /**
   * @param limit the limit, in bytes
   * @param cause the body's own error
   */
  constructor(limit: number, cause: BodyError) {
    super(
      'ERR_HEDDLE_CONTENT_TOO_LARGE',
      `The request's content is over the limit of ${limit} bytes. Read request.body as a stream, or raise maxBodyBytes.`,
      { cause },
    );
  }

  /** The answer this error stands for. */
  getResponse(): Response {
    return new Response('413 Content Too Large\n', { status: 413 });
  }
}

/**
 * Whether an error means that a request's content is over its limit, so that 413 is the answer.
 * @param error what an app threw
 */
export function isContentTooLarge(error: unknown): boolean {
  return (
    error instanceof ContentTooLargeError || (error instanceof BodyError && error.code === 'body-too-large')
  );
}
