import { Command, CommanderError } from 'commander';
import { HeddleError } from '#observe/heddle-error.ts';
import { OPTION_NAMES, type OptionName, SERVE_OPTIONS } from '#server/serve-options.ts';
import type { OptionLayer } from '#server/server-config.ts';

/** What the command line says. */
export interface Arguments {
  /** The folder or app; `undefined` where none is named. */
  readonly target: string | undefined;
  /** Say nothing but errors. */
  readonly quiet: boolean;
  /** Print errors whole. */
  readonly debug: boolean;
  /** Reload when a file of the app's folder changes. */
  readonly watch: boolean;
  /** Run the server as a process of its own, which is started anew when it dies. */
  readonly launcher: boolean;
  /** The options that were given. */
  readonly flags: OptionLayer;
}

/** What flags stand for that are given without their value. */
const ALONE: Readonly<Partial<Record<OptionName, string>>> = {
  // Those of IPv4 too; where there is no IPv6, those of IPv4 alone.
  hostname: '::',
  admin: '127.0.0.1:7879',
};

/**
 * Reads the arguments of the command.
 * @param args without the program's name
 * @param version for `--version`
 * @returns `undefined` where help or the version was asked for, and printed
 * @throws {HeddleError} `ERR_HEDDLE_USAGE`
 */
export function readArguments(args: readonly string[], version: string): Arguments | undefined {
  const command = commandOf(version);
  try {
    command.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    const message = error.message.replace(/^error: /, '');
    throw new HeddleError('ERR_HEDDLE_USAGE', `${message}. Run "heddle --help" for what there is.`);
  }
  const given = command.opts<Record<string, unknown>>();
  return {
    target: command.args[0],
    quiet: given.quiet === true,
    debug: given.debug === true,
    watch: given.watch === true,
    launcher: given.launcher === true,
    flags: flagLayer(given),
  };
}

function commandOf(version: string): Command {
  const command = new Command('heddle')
    .description('Serves a folder, or an app that exports a fetch handler, on every core.')
    .argument('[target]', 'a folder or an app module; ./public or this folder where it is left out')
    .version(version, '-v, --version', 'print the version')
    .option('-q, --quiet', 'print nothing but errors')
    .option('--debug', 'print errors with their stacks')
    .option(
      '--watch',
      "reload when a file of the app's folder changes; a thread that hangs is replaced after 2 s",
    )
    .option('--launcher', 'keep the port in a process of its own, which restarts a server that crashed')
    .exitOverride()
    .allowExcessArguments(false)
    .configureOutput({ writeErr: () => undefined });
  for (const name of OPTION_NAMES) {
    const { flag, about, default: value, env } = SERVE_OPTIONS[name];
    command.option(flag, `${about} (default: ${value === '' ? 'none' : value}; $${env})`);
  }
  return command;
}

function flagLayer(given: Readonly<Record<string, unknown>>): OptionLayer {
  const values: Partial<Record<OptionName, unknown>> = {};
  for (const name of OPTION_NAMES) {
    const value = given[memberOf(name)];
    if (value !== undefined) values[name] = value === true ? (ALONE[name] ?? value) : value;
  }
  return { origin: (name) => longFlag(name), values };
}

function longFlag(name: OptionName): string {
  return /--[a-z-]+/.exec(SERVE_OPTIONS[name].flag)?.[0] ?? name;
}

/** The name under which the parser keeps a flag's value: `--pool-threads` is `poolThreads`. */
function memberOf(name: OptionName): string {
  return longFlag(name)
    .slice(2)
    .replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
