import { constants } from 'node:os';
import { untilProcessCanExit } from '#server/hang-response.ts';
import type { Server } from '#server/running-server.ts';

/** One of the signals that may end a server. */
export type EndingSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** One of the signals that are obeyed. */
export type ObeyedSignal = EndingSignal | 'SIGUSR2';

/** Where signals come from: this process, or the launcher before it. */
export interface SignalSource {
  /**
   * Calls back for each signal of a kind.
   * @param signal which
   * @param listener called each time
   */
  on(signal: ObeyedSignal, listener: () => void): unknown;
}

/**
 * Shuts the server down on the first signal and leaves at once on the second, of the same source: one that is sent to a
 * whole group of processes comes from each source once.
 *
 * SIGINT from a terminal begins without a delay and gives idle connections no grace: whoever presses Ctrl-C wants the
 * prompt back. SIGHUP does so where there is a terminal: it is what one sends that closes. Elsewhere it reloads.
 * SIGUSR2 has the access log opened anew; SIGUSR1 is taken, by Node's debugger.
 * @param server to close
 * @param isTerminal whether a person sits at standard input
 * @param source of the signals
 */
export function obeySignals(server: Server, isTerminal: boolean, source: SignalSource = process): void {
  let isClosing = false;
  const hangup = isTerminal ? (['SIGHUP'] as const) : [];
  for (const signal of ['SIGINT', 'SIGTERM', ...hangup] as const) {
    source.on(signal, () => {
      if (isClosing) return void leaveAtOnce(signal);
      isClosing = true;
      void server.close(signal === 'SIGINT' && isTerminal ? { idleGraceMs: 0, delayMs: 0 } : {});
    });
  }
  source.on('SIGUSR2', () => {
    // The log has why it failed; the file before is written to.
    server.reopenLogs().catch(() => undefined);
  });
  if (isTerminal) return;
  source.on('SIGHUP', () => {
    // The log has why it failed; one that is shutting down needs no reload.
    server.reload({ reason: 'SIGHUP' }).catch(() => undefined);
  });
}

/**
 * Dies of the signal itself, which a shell tells as 128 and its number. `process.exit()` waits for each thread: one that
 * native code holds never comes, and one that is stopped for its stack to be read comes when it was let go. The first
 * process of a container does not die of its own signals, so it has to go that way.
 */
async function leaveAtOnce(signal: EndingSignal): Promise<void> {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  await untilProcessCanExit();
  process.exit(128 + constants.signals[signal]);
}
