import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { HeddleError } from '#observe/heddle-error.ts';
import { pathOf, placeInStack } from './module-place.ts';

/**
 * Imports a module of the app's.
 * @param url of the module
 * @returns its exports
 * @throws {HeddleError} `ERR_HEDDLE_APP_IMPORT`: one line with file and line, what is wrong and what to do
 */
export async function importModule(url: URL): Promise<Readonly<Record<string, unknown>>> {
  if (url.pathname.endsWith('.json'))
    throw new HeddleError(
      'ERR_HEDDLE_APP_IMPORT',
      `${fileURLToPath(url)} could not be loaded: it is JSON, and no module. Name the module.`,
    );
  try {
    return (await import(url.href)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw importError(cause, url);
  }
}

/**
 * Says in one line why a module could not be loaded.
 * @param cause what its import threw
 * @param url of the module that was to be loaded; the fault may be in one that it imports
 */
export function importError(cause: unknown, url: URL): HeddleError {
  const fault = readFault(cause);
  const message = fault.message.replace(/ imported from .*$/, '').replace(/[.\s]+$/, '');
  return new HeddleError(
    'ERR_HEDDLE_APP_IMPORT',
    `${placeOf(fault, url)} could not be loaded: ${message}. ${nextStep(fault)}`,
    { cause },
  );
}

/** What is read of a thrown value, once: it is the app's, and its members may throw. */
interface Fault {
  /** The first line. */
  readonly message: string;
  readonly stack: string;
  readonly code: string;
  /** What could not be found, as a URL; empty where that is not known. */
  readonly missing: string;
  readonly isSyntaxError: boolean;
}

function readFault(cause: unknown): Fault {
  const isError = cause instanceof Error;
  const code = isError ? read(cause, 'code') : '';
  const message = isError ? read(cause, 'message') : textOf(cause);
  return {
    // What Node says of an addon for another version of it begins in the second line.
    message: code === 'ERR_DLOPEN_FAILED' ? message.replace(/\s+/g, ' ') : firstLine(message),
    stack: isError ? read(cause, 'stack') : '',
    code,
    missing: (isError ? read(cause, 'url') : '') || missingIn(message),
    isSyntaxError: cause instanceof SyntaxError,
  };
}

/** An error that has crossed threads has its message alone. */
function missingIn(message: string): string {
  const path = /^Cannot find module '(\/.+?)' imported from /.exec(message)?.[1];
  return path === undefined ? '' : pathToFileURL(path).href;
}

function read(error: Error, member: string): string {
  try {
    const value: unknown = Reflect.get(error, member);
    return typeof value === 'string' ? value : '';
  } catch {
    return '';
  }
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return 'a value without a text was thrown';
  }
}

function firstLine(text: string): string {
  return text.split('\n').find((line) => line.trim() !== '') ?? 'an error without a message was thrown';
}

/** The file and line that a failed import names; the module itself where it names none. */
function placeOf(fault: Fault, url: URL): string {
  const importer = /imported from (.+)$/.exec(fault.message)?.[1];
  if (importer !== undefined) return placeOfImport(pathOf(importer), fault);
  // A syntax error begins with its place, as a path or a URL; an exception names it in its first frame.
  const [, file, line] = /^([^\n]+):(\d+)\n/.exec(fault.stack) ?? [];
  const place = file === undefined ? placeInStack(fault.stack) : `${pathOf(file)}:${line}`;
  if (place !== undefined) return place;
  return placeOfImport(fileURLToPath(url), fault);
}

/** Node names the file that imports what is not there, but not the line. */
function placeOfImport(file: string, fault: Fault): string {
  let lines: string[];
  try {
    lines = readFileSync(file, 'utf8').split('\n');
  } catch {
    return file;
  }
  const line = lines.findIndex((text) =>
    [...text.matchAll(/(["'])(.+?)\1/g)].some(([, , specifier = '']) => isMeant(specifier, file, fault)),
  );
  return line < 0 ? file : `${file}:${line + 1}`;
}

/** Whether an import of this specifier is the one that failed. */
function isMeant(specifier: string, importer: string, { message, missing }: Fault): boolean {
  const named = /(?:package|module|Module|import|subpath) ["'](.+?)["']|module: (\S+)$/.exec(message);
  const name = named?.[1] ?? named?.[2];
  if (name === undefined) return false;
  if (specifier === name) return true;
  if (/^\.{0,2}\//.test(specifier)) {
    const href = URL.parse(specifier, pathToFileURL(importer).href)?.href;
    return href === missing || href === name || href === pathToFileURL(name).href;
  }
  const inside = /^Package subpath '\.(.*)' is not defined.*\/node_modules\/(.+)\/package\.json/.exec(
    message,
  );
  if (inside !== null) return specifier === `${inside[2]}${inside[1]}`;
  return specifier.startsWith(`${name}/`);
}

const ENDINGS = ['.ts', '.mts', '.js', '.mjs', '/index.ts', '/index.js'];

/** What to do about a fault, by the code that Node gives it. */
const STEPS: Readonly<Record<string, (fault: Fault) => string>> = {
  ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX: ({ message }) => `${erasableForm(message)} ${ERASABLE}`,
  ERR_MODULE_NOT_FOUND: whatIsThere,
  ERR_UNSUPPORTED_DIR_IMPORT: whatIsThere,
  ERR_IMPORT_ATTRIBUTE_MISSING: () => "Write with { type: 'json' } behind the import.",
  ERR_UNKNOWN_FILE_EXTENSION: ({ message }) =>
    /"\.html?"/.test(message)
      ? 'A page is served with its folder: name that.'
      : 'Node runs .ts, .mts, .js and .mjs; compile others, such as .tsx, first.',
  ERR_PACKAGE_PATH_NOT_EXPORTED: () => "Import what the package's documentation names.",
  ERR_DLOPEN_FAILED: addonStep,
  EADDRINUSE: () => 'Leave listen() out: heddle listens for the app, in every thread.',
  ERR_WORKER_UNSUPPORTED_OPERATION: () => 'It concerns the whole process: do it before heddle is started.',
};

const ERASABLE =
  'Node runs TypeScript by taking its types away; "erasableSyntaxOnly" in tsconfig.json shows what it cannot.';

/** What to do about a native addon that cannot be loaded in a second thread. */
export const NATIVE_ADDON_STEP =
  'Use a version of it that is made for threads, as with Node-API, or run it in a process of its own.';

function addonStep({ message }: Fault): string {
  if (message.includes('did not self-register')) return NATIVE_ADDON_STEP;
  if (message.includes('NODE_MODULE_VERSION')) return 'Run npm rebuild.';
  return 'Look whether it was built for this machine, and what it needs.';
}

function erasableForm(message: string): string {
  if (message.includes('enum')) return 'Write an object `as const` instead.';
  if (message.includes('namespace') || message.includes('module'))
    return 'Write a module of its own, or an object, instead.';
  if (message.includes('parameter property'))
    return 'Declare the field, and set it in the constructor, instead.';
  if (message.includes('import equals')) return 'Write import ... from instead.';
  return 'Write it without that.';
}

function whatIsThere({ message, missing }: Fault): string {
  const bare = /Cannot find package '(.+?)'/.exec(message)?.[1];
  if (bare !== undefined) return isPath(bare) ? GENERAL_STEP : `Run npm install ${bare}.`;
  if (!missing.startsWith('file:')) return GENERAL_STEP;
  const path = fileURLToPath(missing);
  const base = path.replace(/\.[cm]?jsx?$/, '');
  const found = [base, path].flatMap((start) => ENDINGS.map((ending) => start + ending)).find(existsSync);
  if (found === undefined) return 'Check the path.';
  return `There is ${found}: Node takes the path as it is written, ending and all.`;
}

/** Node calls a folder in node_modules without an entry a package, by its path. */
function isPath(name: string): boolean {
  return name.startsWith('/');
}

const GENERAL_STEP = 'Mend it, or run with --debug for the stack.';

const INSTEAD_OF_SERVE = 'In place of its serve(): export default { fetch }.';

function nextStep(fault: Fault): string {
  const { code, message, isSyntaxError } = fault;
  const step = STEPS[code];
  if (step !== undefined) return step(fault);
  // What Node says of import and export in a package that is CommonJS, as `npm init` makes it.
  if (isSyntaxError && /Unexpected token 'export'|import statement outside/.test(message))
    return 'Write "type": "module" into package.json, or give the file the ending .mts or .mjs.';
  if (isSyntaxError && message.includes('does not provide an export named'))
    return 'Export it there; if it is a type, write import type.';
  // Node takes types away but no decorators, and then does not say where it stumbled.
  if (isSyntaxError && message === 'Invalid or unexpected token')
    return 'Node runs no decorators (@...): look for one here, and in what is imported.';
  const other = /^(Bun|Deno) is not defined$/.exec(message)?.[1];
  if (other !== undefined) return `${other} is not there in Node. ${INSTEAD_OF_SERVE}`;
  if (/^(?:require|module|exports|__dirname|__filename) is not defined in ES module scope/.test(message))
    return 'The file is an ES module: use import and export, or give it the ending .cts or .cjs.';
  return GENERAL_STEP;
}
