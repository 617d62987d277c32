import { BodyError } from '#exchange/incoming-request.ts';
import { RequestFault } from './request-fault.ts';

/** A request's content is over what `text()`, `json()` and their like take (`ERR_HEDDLE_CONTENT_TOO_LARGE`, RFC9110§15.5.14). */
export class ContentTooLargeError extends RequestFault {
  override readonly status = 413;

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
}

/** A request's form has more fields than `formData()` takes (`ERR_HEDDLE_FORM_FIELDS`, RFC9110§15.5.14). */
export class TooManyFieldsError extends RequestFault {
  override readonly status = 413;

  /** @param limit the most fields */
  constructor(limit: number) {
    super(
      'ERR_HEDDLE_FORM_FIELDS',
      `The request's form has more than ${limit} fields. Have it sent as JSON or as multipart/form-data, or read request.text().`,
    );
  }
}

/**
 * Whether an error means that a request's content is over its limit, so that 413 is the answer.
 * @param error what an app threw
 */
export function isContentTooLarge(error: unknown): boolean {
  return error instanceof BodyError && error.code === 'body-too-large';
}
