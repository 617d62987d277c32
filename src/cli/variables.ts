import { LAUNCH_VARIABLE } from '#launcher/launcher-messages.ts';
import { HeddleError } from '#observe/heddle-error.ts';
import { nearestWord } from '#server/nearest-word.ts';
import { EXPECTED_VALUES, readValue } from '#server/option-values.ts';
import { OPTION_NAMES, SERVE_OPTIONS } from '#server/serve-options.ts';
import type { Arguments } from './arguments.ts';

/** Such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Switches of a server that are no rows of the table of options. */
const SWITCHES = {
  quiet: 'HEDDLE_QUIET',
  watch: 'HEDDLE_WATCH',
  open: 'HEDDLE_OPEN',
  launcher: 'HEDDLE_LAUNCHER',
  printConfig: 'HEDDLE_PRINT_CONFIG',
} as const;
const DEBUG = 'HEDDLE_DEBUG';
/** Of every command that reads options. */
const FILES = {
  config: 'HEDDLE_CONFIG',
  noConfig: 'HEDDLE_NO_CONFIG',
  envFile: 'HEDDLE_ENV_FILE',
  noEnvFile: 'HEDDLE_NO_ENV_FILE',
} as const;
const PREFIX = 'HEDDLE_';
/** The variables of two options have the names that platforms give them. */
const BY_PLATFORMS: Readonly<Record<string, string>> = { HEDDLE_PORT: 'PORT', HEDDLE_HOST: 'HOST' };

/**
 * Adds what variables say to what the command line says, which goes first.
 * @param read the arguments
 * @param environment in which they may be set: `HEDDLE_QUIET=1`, `HEDDLE_ENV_FILE=prod.env`
 * @throws {HeddleError} `ERR_HEDDLE_OPTION` for a switch that is neither on nor off
 */
export function withVariables(read: Arguments, environment: Environment): Arguments {
  isSwitchedOn(environment, DEBUG);
  if (read.command !== 'serve' && read.command !== 'fetch' && read.command !== 'check') return read;
  const isWithoutConfig = isSwitchedOn(environment, FILES.noConfig);
  const isWithoutEnvFile = isSwitchedOn(environment, FILES.noEnvFile);
  const envFile = environment[FILES.envFile] || undefined;
  const envFiles = isWithoutEnvFile ? [] : envFile === undefined ? undefined : [envFile];
  const files = {
    config: read.config ?? (isWithoutConfig ? false : undefined),
    envFiles: read.envFiles ?? envFiles,
  };
  if (read.command !== 'serve') return { ...read, ...files };
  const set = Object.entries(SWITCHES).filter(([, name]) => isSwitchedOn(environment, name));
  return { ...read, ...files, ...Object.fromEntries(set.map(([member]) => [member, true])) };
}

/**
 * Whether errors are to be printed whole. Asked before the arguments are read, too: what is wrong with them is such an error.
 * @param args without the program's name
 * @param environment in which that may be set: `HEDDLE_DEBUG=1`
 */
export function wantsDebug(args: readonly string[], environment: Environment): boolean {
  return args.includes('--debug') || readValue('switch', environment[DEBUG]) === true;
}

function isSwitchedOn(environment: Environment, name: string): boolean {
  const value = environment[name] || 'false';
  const read = readValue('switch', value);
  if (typeof read === 'boolean') return read;
  throw new HeddleError(
    'ERR_HEDDLE_OPTION',
    `$${name}: ${JSON.stringify(value)} is not ${EXPECTED_VALUES.switch}. Write ${name}=1, or leave it out.`,
  );
}

/**
 * Variables that look as if they were read and are not. What is nothing like one of ours is somebody else's: in
 * Kubernetes a Service of the name heddle makes `HEDDLE_SERVICE_HOST`, and `HEDDLE_PORT` with a URL.
 * @param environment that the server runs in
 * @returns a line for each
 */
export function misspeltVariables(environment: Environment): string[] {
  const known = new Set<string>([
    ...OPTION_NAMES.map((name) => SERVE_OPTIONS[name].env),
    ...[DEBUG, LAUNCH_VARIABLE, ...Object.values(SWITCHES), ...Object.values(FILES)],
  ]);
  const named = [...known].filter((name) => name.startsWith(PREFIX) && name !== LAUNCH_VARIABLE);
  const names = named.map((name) => name.slice(PREFIX.length));
  const lines: string[] = [];
  for (const [name, value = ''] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || known.has(name)) continue;
    const platforms = BY_PLATFORMS[name];
    const near = nearestWord(name.slice(PREFIX.length), names);
    if (platforms !== undefined) {
      if (!value.includes('://')) lines.push(`$${name} is not read: it is $${platforms} here`);
    } else if (near !== undefined) lines.push(`$${name} is not read: is $${PREFIX}${near} meant?`);
  }
  return lines;
}

/**
 * Variables that count in the environment alone, and stand in a file: when it is read they have been asked for.
 * @param before the environment as it was
 * @param after the same with what files have added
 * @returns a line for each
 */
export function lateVariables(before: Environment, after: Environment): string[] {
  const early = [...Object.values(SWITCHES), FILES.noConfig, FILES.envFile, FILES.noEnvFile];
  return early
    .filter((name) => before[name] === undefined && after[name] !== undefined)
    .map((name) => `$${name} is not read from a file: set it in the environment`);
}
