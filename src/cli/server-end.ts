import type { ServerEnd } from '#server/shutdown.ts';

/**
 * Says on standard error what a server could not finish. Where native code holds a thread the process is killed, for it
 * could not exit.
 * @param end how the server ended
 * @returns whether everything was finished
 */
export function tellServerEnd({ cut, stoppedThreads, stuckThreads, failure }: ServerEnd): boolean {
  for (const { method, target } of cut) console.error(`heddle: cut ${method} ${target}`);
  for (const thread of stoppedThreads) console.error(`heddle: stopped server-${thread}, which did not end`);
  if (stuckThreads > 0) {
    console.error(
      `heddle: native code holds threads (${stuckThreads}); the process is killed, for it cannot exit`,
    );
    process.kill(process.pid, 'SIGKILL');
  }
  if (failure !== undefined) console.error('heddle: every server thread died too often, and none is left');
  return cut.length + stoppedThreads.length === 0 && failure === undefined;
}
