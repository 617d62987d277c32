import { writeSync } from 'node:fs';
import { describeError } from './error-text.ts';
import {
  type PeerRefused,
  peerRefused,
  type RequestFailed,
  type RequestTimedOut,
  requestFailed,
  requestTimedOut,
  workFailed,
} from './events.ts';
import { logLimits } from './limit-log.ts';

/** How grave a line is. `info` is left out where the server is told to be quiet. */
export type Severity = 'error' | 'warning' | 'info';

/** Where log lines go. */
export interface Log {
  /**
   * Writes one entry.
   * @param severity how grave it is
   * @param message what happened; more lines, such as a stack, stay with their first
   */
  write(severity: Severity, message: string): void;
}

const STDERR = 2;

/**
 * A log on standard error: one entry a line, with time, severity and the thread's name. It writes to the
 * descriptor itself, for a thread's `process.stderr` goes by the main thread's event loop, and what is written last
 * before a thread dies would be lost.
 * @param thread the name of this thread, such as `server-0`
 * @param quiet leaves out `info`
 */
export function createLog(thread: string, quiet = false): Log {
  return {
    write(severity, message) {
      if (quiet && severity === 'info') return;
      const line = `${new Date().toISOString()} ${severity} ${thread} ${message}\n`;
      try {
        writeSync(STDERR, line);
      } catch {
        // Nobody reads standard error any more (EPIPE), or it is full and non-blocking (EAGAIN): serving goes on.
      }
    },
  };
}

/**
 * Logs what goes wrong with requests in this thread.
 * @param log where to
 * @returns ends the logging
 */
export function logRequests(log: Log): () => void {
  const ends = [
    requestFailed.subscribe((failed) => log.write('error', describeFailure(failed))),
    requestTimedOut.subscribe((late) => log.write('warning', describeTimeout(late))),
    workFailed.subscribe(({ error }) => log.write('error', `waitUntil() failed\n${describeError(error)}`)),
    peerRefused.subscribe(refusalLog(log)),
    logLimits((message) => log.write('warning', message)),
  ];
  return () => {
    for (const end of ends) end();
  };
}

/** So many refusals are logged within a second; a peer that sends nonsense would else fill the disk. */
const REFUSALS_A_SECOND = 10;

function refusalLog(log: Log): (refused: PeerRefused) => void {
  let second = 0;
  let logged = 0;
  let unlogged = 0;
  return (refused) => {
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) {
      if (unlogged > 0) log.write('info', `refused bytes ${unlogged} more times`);
      second = now;
      logged = 0;
      unlogged = 0;
    }
    if (logged < REFUSALS_A_SECOND) log.write('info', describeRefusal(refused));
    else unlogged += 1;
    logged += 1;
  };
}

function describeFailure({ method, target, outcome, error, requestId }: RequestFailed): string {
  return `${method} ${target} failed: ${outcome}${named(requestId)}\n${describeError(error)}`;
}

function describeTimeout({ method, target, afterMs, requestId }: RequestTimedOut): string {
  return `${method} ${target} timed out: no answer after ${afterMs} ms; answered 503${named(requestId)}`;
}

/** What its line in the access log is found by. */
function named(requestId: string | undefined): string {
  return requestId === undefined ? '' : ` (request ${requestId})`;
}

function describeRefusal({ code, status, section, reason, remoteAddress }: PeerRefused): string {
  const answer = status === 0 ? 'closed' : status;
  return `refused bytes from ${remoteAddress || 'a local peer'}: ${code} (${section}), ${reason}; ${answer}`;
}
