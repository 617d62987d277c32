/**
 * The one error class of heddle's own faults and of bad options. `code` is stable and starts with
 * `ERR_HEDDLE_`; the message says what happened, with which value, and what to do next. The command line prints
 * the message without a stack.
 *
 * @example
 * throw new HeddleError('ERR_HEDDLE_POOL_SIZE', 'A pool needs at least one thread, got 0. Give a whole number from 1 to 1024.');
 */
export class HeddleError extends Error {
  override readonly name = 'HeddleError';
  /** A stable code, `ERR_HEDDLE_...`. */
  readonly code: `ERR_HEDDLE_${string}`;

  /**
   * @param code the stable code
   * @param message what happened, with which value, and the next step
   * @param options `cause`: the error behind it
   */
  constructor(code: `ERR_HEDDLE_${string}`, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
