import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { HeddleError } from '#observe/heddle-error.ts';

/** Where variables come from beside the environment. */
export interface EnvFileOptions {
  /** The files to read, and no others; they must be there. @default those of {@link envFileNames} */
  readonly files?: readonly string[];
  /** What `NODE_ENV` is where nobody sets it. */
  readonly mode: 'production' | 'development';
}

/** An environment file is written by hand; one of this size is something else. */
const MOST_BYTES = 1_048_576;

/**
 * The files that are read, the later ones over those before: `.env`, `.env.local`, and the two of the mode.
 * @param mode the value of `NODE_ENV`. In `test` nothing is read that one machine has and another has not.
 */
export function envFileNames(mode: string): string[] {
  const names = ['.env', ...(mode === 'test' ? [] : ['.env.local'])];
  // A value that is no name of a file has none.
  return /[/\0]/.test(mode) ? names : [...names, `.env.${mode}`, `.env.${mode}.local`];
}

/**
 * The variables that files add to an environment. What the environment had before stays: who starts a process has the
 * last word. Read again, they follow the files: what was taken from a file changes and goes with it.
 */
export class EnvFiles {
  readonly #folder: string;
  readonly #options: EnvFileOptions;
  readonly #environment: NodeJS.ProcessEnv;
  /** The variables that the environment has from files, or by default. */
  #added = new Set<string>();
  #read: readonly string[] = [];
  #isFirst = true;

  /**
   * @param folder where the files are
   * @param options which
   * @param environment that gets the variables, such as `process.env`
   */
  constructor(folder: string, options: EnvFileOptions, environment: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#options = options;
    this.#environment = environment;
  }

  /** The files that there were, in the order in which they were read. */
  get read(): readonly string[] {
    return this.#read;
  }

  /** The absolute paths of all files that are looked for, whether they are there or not. */
  get paths(): string[] {
    const { files, mode } = this.#options;
    const names = files ?? envFileNames(this.#environment.NODE_ENV ?? mode);
    return names.map((name) => resolve(this.#folder, name));
  }

  /**
   * Reads the files, and then changes the environment: where one cannot be read nothing is changed.
   * @throws {HeddleError} `ERR_HEDDLE_ENV_FILE` for a file that cannot be read, or is no environment file
   */
  load(): void {
    const { files, mode } = this.#options;
    const own = (name: string): string | undefined => {
      const value = this.#added.has(name) ? undefined : this.#environment[name];
      // An empty mode is none, as others read it.
      return name === 'NODE_ENV' ? value || undefined : value;
    };
    const variables = new Map<string, string>([['NODE_ENV', mode]]);
    const read: string[] = [];
    const add = (name: string, isNeeded: boolean): void => {
      const found = readEnvFile(resolve(this.#folder, name), name, isNeeded);
      if (found === undefined) return;
      read.push(name);
      // The files of a mode cannot change it.
      for (const [key, value] of found)
        if (key !== 'NODE_ENV' || name === '.env' || files !== undefined) variables.set(key, value);
    };
    if (files === undefined) {
      add('.env', false);
      const names = envFileNames(own('NODE_ENV') ?? variables.get('NODE_ENV') ?? mode);
      for (const name of names.slice(1)) add(name, false);
    } else {
      for (const name of files) add(name, true);
    }
    for (const [key, value] of variables) {
      const before = own(key);
      // Node itself reads what stands behind --env-file, before any program can: that is the file's, and goes with it.
      const isFromNode = files !== undefined && this.#isFirst && before === value;
      if (before !== undefined && !isFromNode) variables.delete(key);
    }
    this.#isFirst = false;
    for (const key of this.#added) if (!variables.has(key)) delete this.#environment[key];
    for (const [key, value] of variables) this.#environment[key] = value;
    this.#added = new Set(variables.keys());
    this.#read = read;
  }
}

function readEnvFile(path: string, name: string, isNeeded: boolean): Map<string, string> | undefined {
  let bytes: Buffer;
  try {
    const found = statSync(path, { throwIfNoEntry: isNeeded });
    if (found === undefined) return undefined;
    if (!found.isFile()) throw unreadable(name, found.isDirectory() ? 'it is a folder' : 'it is no file');
    if (found.size > MOST_BYTES) throw unreadable(name, 'it is larger than 1 MiB');
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof HeddleError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw unreadable(name, code === 'ENOENT' ? 'it is not there' : code, error);
  }
  return parse(decode(bytes, name), name);
}

function decode(bytes: Buffer, name: string): string {
  let text: string;
  try {
    // Without the mark that some editors put in front.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw unreadable(name, 'it is not UTF-8', error);
  }
  if (text.includes('\0')) throw unreadable(name, 'it holds a NUL, which no variable can');
  return text;
}

function parse(text: string, name: string): Map<string, string> {
  const variables = new Map<string, string>();
  for (const [key, value = ''] of Object.entries(parseEnv(text))) {
    if (!/^[\w.-]+$/.test(key))
      throw badLine(name, text, key, `${JSON.stringify(key)} is no name of a variable`);
    const quote = new RegExp(`^\\s*(?:export\\s+)?${pattern(key)}\\s*=\\s*(["'\`])`, 'm').exec(text)?.[1];
    // Where there are two the parser takes them off.
    if (quote !== undefined && value.startsWith(quote))
      throw badLine(name, text, key, `the value of ${key} begins with ${quote} and does not end with it`);
    variables.set(key, value);
  }
  const line = lineWithoutMeaning(text);
  // It may be a secret, so it is not shown.
  if (line !== undefined) throw badPlace(`${name}:${line}`, 'the line is no variable, for want of a =');
  return variables;
}

/** A value in quotes, which may go over several lines. */
const QUOTED = /^[ \t]*(?:export[ \t]+)?[\w.-]+[ \t]*=[ \t]*(["'`]).*?\1/gms;
/** A shell exports what it has by that. */
const EXPORT = /^export(?:\s+[\w.-]+)+$/;

/** The number of the first line that the parser passes over, from 1. */
function lineWithoutMeaning(text: string): number | undefined {
  const lines = text.replace(QUOTED, (value) => `${value.replace(/[^\n]/g, '')}=`).split('\n');
  const at = lines
    .map((line) => line.trim())
    .findIndex((line) => !(line === '' || line.startsWith('#') || line.includes('=') || EXPORT.test(line)));
  return at < 0 ? undefined : at + 1;
}

function pattern(key: string): string {
  return key.replace(/[.-]/g, '\\$&');
}

function badLine(name: string, text: string, key: string, what: string): HeddleError {
  const at = text
    .split('\n')
    .findIndex((line) => line.replace(/^\s*(?:export\s+)?/, '').startsWith(key || '='));
  const place = at < 0 ? name : `${name}:${at + 1}`;
  return badPlace(place, what);
}

function badPlace(place: string, what: string): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_ENV_FILE',
    `${place}: ${what}. Write NAME=value, or # before a comment.`,
  );
}

function unreadable(name: string, why: string, cause?: unknown): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_ENV_FILE',
    `The environment file ${name} cannot be read: ${why}. Mend it, take it away, or start with --no-env-file.`,
    { cause },
  );
}
