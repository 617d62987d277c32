import { untilProcessCanExit } from '#server/hang-response.ts';
import type { Server } from '#server/serve.ts';

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Shuts the server down on the first signal and leaves at once on the second.
 *
 * SIGINT from a terminal gives idle connections no grace: whoever presses Ctrl-C wants the prompt back. SIGHUP is
 * what a closing terminal sends.
 * @param server to close
 * @param isTerminal whether a person sits at standard input
 */
export function closeOnSignals(server: Server, isTerminal: boolean): void {
  let isClosing = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (isClosing) return void untilProcessCanExit().then(() => process.exit(EXIT_CODES[signal]));
      isClosing = true;
      void server.close(signal === 'SIGINT' && isTerminal ? { idleGraceMs: 0 } : {});
    });
  }
}
