import { readFileSync } from 'node:fs';
import { LauncherLink } from '#launcher/launcher-link.ts';
import { describeError } from '#observe/log.ts';
import { readArguments } from './args.ts';

/**
 * Runs the command, then exits: serves until a signal or `--max-requests` ends it, or does what another command says.
 * @param args without the program's name
 */
export async function run(args: readonly string[]): Promise<void> {
  // Whoever read it is gone, as when a terminal closes; the server has nothing to lose by it.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
  try {
    const version = readVersion();
    const read = readArguments(args, version);
    if (read === undefined) return;
    if (read.command === 'fetch')
      process.exit(await (await import('./fetch-command.ts')).fetchOnce(read, version));
    if (read.command === 'check') process.exit(await (await import('./check-command.ts')).checkOnce(read));
    const link = LauncherLink.find(process.env, process);
    // The server is loaded only where one runs: a launcher is to be small.
    if (read.launcher && link === undefined) await (await import('./launch.ts')).launch(args, read.quiet);
    const { serveUntilEnd } = await import('./serve-command.ts');
    process.exit(await serveUntilEnd(read, version, link));
  } catch (error) {
    const isPlain = isHeddleError(error) && !args.includes('--debug');
    console.error(isPlain ? `heddle: ${error.message}` : `heddle: the start failed\n${describeError(error)}`);
    process.exit(1);
  }
}

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** An error of ours; one that crossed threads is no instance any more, but has its code. */
function isHeddleError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_HEDDLE_');
}
