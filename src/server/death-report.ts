import { describeError } from '#observe/log.ts';
import type { ThreadExit } from '#threads/managed-thread.ts';
import type { AfterExit } from '#threads/supervisor.ts';

/** What the log says follows the end of a server thread. */
export const AFTER_EXIT: Readonly<Record<Exclude<AfterExit, 'ended'>, string>> = {
  restart: 'a new thread takes its place',
  'given-up': 'it died too often and is given up',
  replaced: 'it was being recycled, a new thread has its place',
  kept: 'it was to replace a thread that is being recycled, which serves on until the next try',
};

/**
 * The log entry of a thread's death.
 * @param name such as `server-0`
 * @param exit how it ended
 * @param next what follows, with what separates it
 */
export function describeDeath(name: string, exit: ThreadExit, next = ''): string {
  const details = exit.error === undefined ? '' : `\n${describeError(exit.error)}`;
  return `${name} died (${exit.kind})${next}${details}`;
}
