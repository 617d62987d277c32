import { constants } from 'node:os';
import { Launcher, type ProcessEnd, passSignals } from '#launcher/launcher.ts';
import { PASSED_SIGNALS } from '#launcher/launcher-messages.ts';
import { HeddleError } from '#observe/heddle-error.ts';
import { createLog } from '#observe/log.ts';
import { takeInherited } from '#server/inherited-sockets.ts';
import { isUnderDebugger } from '#server/under-debugger.ts';

/**
 * Runs this command as a server under a launcher, and ends as the last server did.
 * @param args of the command, without the program's name
 * @param quiet leaves out all but errors
 * @throws {HeddleError} `ERR_HEDDLE_USAGE` under a debugger
 */
export async function launch(args: readonly string[], quiet: boolean): Promise<never> {
  if (isUnderDebugger()) throw noDebugger();
  const inherited = takeInherited(process.env, process.pid);
  const launcher = new Launcher({
    command: [process.execPath, ...process.execArgv, process.argv[1] ?? '', ...args],
    environment: process.env,
    inherited,
    isTerminal: process.stdin.isTTY,
    log: createLog('launcher', quiet),
  });
  passSignals(launcher);
  return endAs(await launcher.run());
}

/** The launcher would have the port, and the server would print that it is taken. */
function noDebugger(): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_USAGE',
    'A debugger is for one process, and --launcher makes two. Leave out --launcher, or --inspect.',
  );
}

/** What became of the server becomes of this process, so that whoever started it learns the same. */
function endAs({ code, signal }: ProcessEnd): never {
  if (signal === null) process.exit(code ?? 1);
  if (PASSED_SIGNALS.some((passed) => passed === signal)) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }
  // A signal that dumps core would dump that of the launcher; the first process of a container dies of none of its own.
  process.exit(128 + constants.signals[signal]);
}
