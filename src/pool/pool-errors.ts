import { HeddleError } from '#observe/heddle-error.ts';

// Every way in which a pool says no, one function each. Those that end a single job leave the pool as it was.

/** `ERR_HEDDLE_POOL_SIZE`: the size is no whole number from 1 to `most`. */
export function poolSizeRefused(size: unknown, most: number): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_POOL_SIZE',
    `A pool cannot have ${inspect(size)} threads. Give a whole number from 1 to ${most}.`,
  );
}

/** `ERR_HEDDLE_POOL_OPTION`: an option has a value it cannot have. */
export function poolOptionRefused(name: string, value: unknown, wanted: string): HeddleError {
  return new HeddleError('ERR_HEDDLE_POOL_OPTION', `${name} cannot be ${inspect(value)}. Give ${wanted}.`);
}

/** `ERR_HEDDLE_POOL_QUEUE_FULL`: as many jobs wait as may. */
export function queueFull(maxQueue: number): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_POOL_QUEUE_FULL',
    `${maxQueue} jobs are waiting already, which is the limit. Wait for some to finish, or raise maxQueue.`,
  );
}

/** Whether an error, of whatever thread, is that of {@link queueFull}. */
export function isQueueFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_HEDDLE_POOL_QUEUE_FULL';
}

/** `ERR_HEDDLE_POOL_CLOSED`: the pool takes no more jobs. */
export function poolClosed(): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_POOL_CLOSED',
    'The pool was closed and takes no more jobs. Make a new one.',
  );
}

/** `ERR_HEDDLE_POOL_ABORTED`: the pool was aborted, without a reason given, before the job was done. */
export function poolAborted(): HeddleError {
  return new HeddleError('ERR_HEDDLE_POOL_ABORTED', 'The pool was aborted before this job was done.');
}

/** `ERR_HEDDLE_POOL_WORKER_DIED`: the worker ended while it had the job. */
export function workerDied(worker: number, job: string, reason: Error): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_POOL_WORKER_DIED',
    `Worker ${worker} died while it had the job ${job}, which may have run in part; a new worker takes its place. ` +
      `The reason: ${reason.message}`,
    { cause: reason },
  );
}

/** `ERR_HEDDLE_POOL_NO_WORKERS`: no worker runs any more and none will be started. */
export function noWorkers(reason: Error): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_POOL_NO_WORKERS',
    `The pool has no worker left: each died again and again while starting. The first reason: ${reason.message}`,
    { cause: reason },
  );
}

/** `ERR_HEDDLE_POOL_JOB_TIMEOUT`: the job ran longer than it may. */
export function jobTimedOut(job: string, timeoutMs: number): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_POOL_JOB_TIMEOUT',
    `The job ${job} ran for more than ${timeoutMs} ms; its worker was replaced. Raise timeoutMs, or make it shorter.`,
  );
}

/** `ERR_HEDDLE_POOL_NO_SUCH_JOB`: the tasks module exports no such function. */
export function noSuchJob(job: string, tasks: string | undefined, names: readonly string[]): HeddleError {
  const where =
    tasks === undefined
      ? 'This pool was made without a tasks module. Give one as the option tasks, or pass a function.'
      : `${tasks} exports these functions: ${names.join(', ') || 'none'}.`;
  return new HeddleError('ERR_HEDDLE_POOL_NO_SUCH_JOB', `There is no job ${job}. ${where}`);
}

/** `ERR_HEDDLE_POOL_NOT_CLONEABLE`: arguments or a result cannot cross threads. */
export function notCloneable(what: 'arguments' | 'result', job: string, cause: unknown): HeddleError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new HeddleError(
    'ERR_HEDDLE_POOL_NOT_CLONEABLE',
    `The ${what} of the job ${job} cannot be sent to another thread. Send plain data, without functions. The reason: ${reason}`,
    { cause },
  );
}

/** `ERR_HEDDLE_POOL_JOB_SOURCE`: the text of a function is none that could be compiled by itself. */
export function sourceRefused(source: string, cause: unknown): HeddleError {
  const start = source.length > 60 ? `${source.slice(0, 60)}...` : source;
  return new HeddleError(
    'ERR_HEDDLE_POOL_JOB_SOURCE',
    `This function cannot be sent as source text: ${start}. Write it as an arrow function or a function expression ` +
      '(no method, no bound function, no class), or export it from the tasks module.',
    { cause },
  );
}

function inspect(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}
