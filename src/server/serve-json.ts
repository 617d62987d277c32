import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HeddleError } from '#observe/heddle-error.ts';
import { pathPattern } from '#static/path-pattern.ts';
import { mayGive, type PathRule } from '#static/path-rule.ts';
import { isReadable, type Redirect, type Rewrite } from '#static/url-rules.ts';
import { pathBelow } from './target-paths.ts';

/** What a `serve.json` says, in our terms. What it says nothing about is `undefined`. */
export interface ServeJson {
  /** The folder to serve instead of the one that it lies in, as an absolute path. */
  readonly root: string | undefined;
  /** Whether pages have paths without `.html`, and those alone; or which of them. */
  readonly cleanUrls: boolean | readonly string[];
  /** Whether paths of pages end with a slash. */
  readonly trailingSlash: boolean | undefined;
  /** Paths that stand for others. */
  readonly rewrites: readonly Rewrite[];
  /** Paths that were moved. */
  readonly redirects: readonly Redirect[];
  /** Fields for some paths. */
  readonly rules: readonly PathRule[];
  /** Whether folders are listed, or which. */
  readonly directoryListing: boolean | readonly string[] | undefined;
  /** What listings leave out. */
  readonly unlisted: readonly string[];
  /** Whether a folder of one file is that file. */
  readonly renderSingle: boolean;
  /** Whether links may lead out of the folder. */
  readonly symlinks: boolean | undefined;
}

/** The file that is looked for in a folder. */
export const SERVE_JSON = 'serve.json';

type Members = Readonly<Record<string, unknown>>;

const MOST_BYTES = 1_048_576;
const NAMES = [
  ...['$schema', 'public', 'cleanUrls', 'rewrites', 'redirects', 'headers', 'directoryListing'],
  ...['unlisted', 'trailingSlash', 'renderSingle', 'symlinks', 'etag'],
];

/**
 * Reads the `serve.json` of a folder, as `serve` and `serve-handler` have it. `etag` means nothing here: tags cost nothing
 * and are always sent.
 * @param folder as an absolute path
 * @returns `undefined` where there is none
 * @throws {HeddleError} `ERR_HEDDLE_SERVE_JSON` for one that cannot be read, with the member and what it should be
 */
export function readServeJson(folder: string): ServeJson | undefined {
  const path = join(folder, SERVE_JSON);
  const text = readText(path);
  return text === undefined ? undefined : new Reader(path, parse(path, text)).read(folder);
}

function readText(path: string): string | undefined {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > MOST_BYTES) throw mistake(path, 'it is larger than 1 MiB', 'Take it away.');
    return bytes.toString('utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (error instanceof HeddleError) throw error;
    // A folder of that name is a folder like others.
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR') return undefined;
    throw mistake(path, `it cannot be read (${String(code)})`, 'Mend that, or take it away.', error);
  }
}

function parse(path: string, text: string): Members {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw mistake(path, `it is no JSON: ${(error as Error).message}`, 'Mend it, or take it away.', error);
  }
  if (!isRecord(value))
    throw mistake(path, 'it is no object', 'Write { "cleanUrls": true }, or take it away.');
  return value;
}

class Reader {
  readonly #path: string;
  readonly #members: Members;

  constructor(path: string, members: Members) {
    this.#path = path;
    this.#members = members;
  }

  read(folder: string): ServeJson {
    const unknown = Object.keys(this.#members).find((name) => !NAMES.includes(name));
    if (unknown !== undefined) throw this.#wrong(unknown, `one of the members: ${NAMES.slice(1).join(', ')}`);
    this.#flag('etag');
    return {
      root: this.#root(folder),
      // As there: without a word, all pages.
      cleanUrls: this.#flagOrPatterns('cleanUrls') ?? true,
      trailingSlash: this.#flag('trailingSlash'),
      rewrites: this.#list('rewrites', 'source and destination', (rule) => this.#rewrite(rule)),
      redirects: this.#list('redirects', 'source, destination and type (300 to 308)', (rule) =>
        this.#redirect(rule),
      ),
      rules: this.#list('headers', 'source and headers, of key and value each', (rule) => this.#rule(rule)),
      directoryListing: this.#flagOrPatterns('directoryListing'),
      unlisted: this.#patterns('unlisted') ?? [],
      renderSingle: this.#flag('renderSingle') ?? false,
      symlinks: this.#flag('symlinks'),
    };
  }

  #root(folder: string): string | undefined {
    const { public: named } = this.#members;
    if (named === undefined) return undefined;
    const root = resolve(folder, String(named));
    const below = typeof named === 'string' ? pathBelow(folder, root) : undefined;
    if (below !== undefined) return below === '' ? undefined : root;
    throw this.#wrong('public', 'the path of a folder in the one that serve.json lies in');
  }

  #flag(name: string): boolean | undefined {
    const value = this.#members[name];
    if (value === undefined || typeof value === 'boolean') return value;
    throw this.#wrong(name, 'true or false');
  }

  #flagOrPatterns(name: string): boolean | readonly string[] | undefined {
    const value = this.#members[name];
    if (typeof value === 'boolean') return value;
    return this.#patterns(name, 'true, false or a list of patterns');
  }

  #patterns(name: string, expected = 'a list of patterns'): readonly string[] | undefined {
    const value = this.#members[name];
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw this.#wrong(name, expected);
    return value.map((pattern) => {
      if (typeof pattern === 'string' && pathPattern(rooted(pattern)) !== undefined) return rooted(pattern);
      throw this.#wrong(name, expected);
    });
  }

  #list<Rule>(name: string, expected: string, read: (rule: Members) => Rule | undefined): Rule[] {
    const value = this.#members[name] ?? [];
    if (!Array.isArray(value)) throw this.#wrong(name, `a list of objects with ${expected}`);
    return value.map((rule, at) => {
      const found = isRecord(rule) ? read(rule) : undefined;
      if (found !== undefined) return found;
      throw this.#wrong(`${name}[${at}]`, `an object with ${expected}`);
    });
  }

  #rewrite({ source, destination }: Members): Rewrite | undefined {
    if (typeof source !== 'string' || typeof destination !== 'string') return undefined;
    const rewrite = { source: withoutSlash(rooted(source)), destination };
    return isReadable(rewrite) ? rewrite : undefined;
  }

  #redirect(rule: Members): Redirect | undefined {
    const { type: status = 301 } = rule;
    const rewrite = this.#rewrite(rule);
    if (rewrite === undefined || typeof status !== 'number') return undefined;
    const isRedirect = Number.isInteger(status) && status >= 300 && status <= 308 && status !== 304;
    return isRedirect ? { ...rewrite, status } : undefined;
  }

  #rule({ source, headers }: Members): PathRule | undefined {
    if (typeof source !== 'string' || !Array.isArray(headers)) return undefined;
    const pattern = rooted(source);
    if (pathPattern(pattern) === undefined) return undefined;
    const fields = headers.flatMap((header) => {
      const { key, value } = isRecord(header) ? header : {};
      if (typeof key !== 'string' || typeof value !== 'string') return [undefined];
      return mayGive(key.toLowerCase(), value) ? [key.toLowerCase(), value] : [undefined];
    });
    return fields.every((text) => text !== undefined) ? { pattern, fields } : undefined;
  }

  #wrong(member: string, expected: string): HeddleError {
    const value = member.includes('[') ? undefined : JSON.stringify(this.#members[member]);
    const found = value === undefined ? member : `${member} (${value.slice(0, 80)})`;
    return mistake(this.#path, `${found} is not ${expected}`, 'Mend it, or take it away.');
  }
}

/** Patterns begin at the root there, with or without a slash. */
function rooted(pattern: string): string {
  if (pattern.startsWith('!')) return `!${rooted(pattern.slice(1))}`;
  return pattern.startsWith('/') ? pattern : `/${pattern}`;
}

/** Paths are matched without a slash at their end. */
function withoutSlash(source: string): string {
  return source.replace(/(?<=.)\/+$/, '');
}

function isRecord(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mistake(path: string, what: string, step: string, cause?: unknown): HeddleError {
  return new HeddleError('ERR_HEDDLE_SERVE_JSON', `${path}: ${what}. ${step}`, { cause });
}
