import { LauncherLink } from '#launcher/launcher-link.ts';
import { describeError } from '#observe/error-text.ts';
import { heddleVersion } from '#server/version.ts';
import { readArguments } from './args.ts';
import type { Arguments } from './arguments.ts';
import type { EnvFiles } from './env-files.ts';
import type { ServeLinks } from './serve-command.ts';
import { StartSignals } from './start-signals.ts';
import { lateVariables, misspeltVariables, wantsDebug } from './variables.ts';

/**
 * Runs the command, then exits: serves until a signal or `--max-requests` ends it, or does what another command says.
 * @param args without the program's name
 */
export async function run(args: readonly string[]): Promise<void> {
  // Whoever read it is gone, as when a terminal closes; the server has nothing to lose by it.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
  try {
    const version = heddleVersion();
    const read = readArguments(args, version, process.env);
    if (read === undefined) return;
    const link = read.command === 'serve' ? LauncherLink.find(process.env, process) : undefined;
    // The server is loaded only where one runs: a launcher is to be small.
    if (read.command === 'serve' && read.launcher && !read.printConfig && link === undefined)
      await (await import('./launch.ts')).launch(args, read.quiet);
    const startSignals = read.command === 'serve' ? new StartSignals(process.stdin.isTTY) : undefined;
    // Not before: what a launcher hands down would count as what its server was started with.
    const environment = await loadEnvironment(read);
    process.exit(await runCommand(read, version, environment, { link, startSignals }));
  } catch (error) {
    const isPlain = isHeddleError(error) && !wantsDebug(args, process.env);
    console.error(isPlain ? `heddle: ${error.message}` : `heddle: the start failed\n${describeError(error)}`);
    process.exit(1);
  }
}

async function loadEnvironment(read: Arguments): Promise<EnvFiles> {
  const { EnvFiles } = await import('./env-files.ts');
  const isWatching = read.command === 'serve' && read.watch;
  const options = {
    mode: isWatching ? 'development' : 'production',
    ...(read.envFiles === undefined ? {} : { files: read.envFiles }),
  } as const;
  const environment = new EnvFiles(process.cwd(), options, process.env);
  const before = { ...process.env };
  environment.load();
  const lines = [...lateVariables(before, process.env), ...misspeltVariables(process.env)];
  // The others read no options.
  const readsOptions = read.command === 'serve' || read.command === 'fetch' || read.command === 'check';
  if (readsOptions) for (const line of lines) console.error(`heddle: ${line}`);
  return environment;
}

async function runCommand(
  read: Arguments,
  version: string,
  environment: EnvFiles,
  links: ServeLinks,
): Promise<number> {
  if (read.command === 'password') return (await import('./password-command.ts')).printAccount(read);
  if (read.command === 'init') return (await import('./init-command.ts')).writeDeployment(read);
  if (read.command === 'top') return (await import('./top-command.ts')).showTop(read);
  if (read.command === 'completions')
    return (await import('./completions-command.ts')).printCompletions(read);
  const { ConfigFile } = await import('./config-file.ts');
  const config = ConfigFile.find(read.config, process.env);
  await config?.load();
  switch (read.command) {
    case 'fetch':
      return (await import('./fetch-command.ts')).fetchOnce(read, version, config);
    case 'check':
      return (await import('./check-command.ts')).checkOnce(read, environment.read, config);
    case 'serve':
      if (read.printConfig) return (await import('./print-config.ts')).printConfig(read, config);
      return (await import('./serve-command.ts')).serveUntilEnd(
        read,
        version,
        { environment, config },
        links,
      );
  }
}

/** An error of ours; one that crossed threads is no instance any more, but has its code. */
function isHeddleError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_HEDDLE_');
}
