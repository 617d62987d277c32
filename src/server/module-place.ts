import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of heddle's own code, as it is in stacks. */
const OWN = new URL('../', import.meta.url).href;
/** How deep a call of the app's may lie below what it ends in: frameworks have some layers. */
const FRAMES = 50;

/** Where the app's code called what is running: `/srv/app.ts:3`; `undefined` where none of its code did. */
export function callSite(): string | undefined {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return placeInStack(stack, (file) => !file.includes('/node_modules/'));
}

/**
 * The first frame that is neither Node's nor heddle's own: `/srv/app.ts:3`.
 * @param stack of an error
 * @param isMeant which files count besides @default all
 */
export function placeInStack(
  stack: string,
  isMeant: (file: string) => boolean = () => true,
): string | undefined {
  for (const [, file = '', line = ''] of stack.matchAll(FRAME))
    if (!file.startsWith(OWN) && isMeant(file)) return `${pathOf(file)}:${line}`;
  return undefined;
}

/** A frame of a stack with a file: not one of Node's own. */
const FRAME = /^ +at (?:.*\()?(?:async )?((?:file:\/\/)?\/.*?):(\d+):\d+\)?$/gm;

/**
 * A file of a stack, which may be a path or a URL.
 * @param file as it stands there
 */
export function pathOf(file: string): string {
  try {
    return file.startsWith('file:') ? fileURLToPath(file) : file;
  } catch {
    // It has a host: no file of this machine.
    return file;
  }
}

/**
 * Where a module exports something: `/srv/app.ts:3`, or the file alone where that is not seen.
 * @param url of the module
 * @param name of the export
 */
export function placeOfExport(url: URL, name: 'default' | 'fetch'): string {
  const file = fileURLToPath(url);
  const line = linesOf(file).findIndex((text) => EXPORTS[name].test(text));
  return line < 0 ? file : `${file}:${line + 1}`;
}

/**
 * Whether the text of a module has something in it.
 * @param url of the module
 * @param pattern what to look for in its lines
 */
export function mentions(url: URL, pattern: RegExp): boolean {
  return linesOf(fileURLToPath(url)).some((line) => pattern.test(line));
}

const EXPORTS = {
  default: /^\s*export\s+default\b|^\s*export\s*\{.*\bas default\b|\bmodule\.exports\s*=/,
  fetch: /^\s*export\s+(?:async\s+)?(?:function|const|let|var)\s*\*?\s*fetch\b|^\s*export\s*\{.*\bfetch\b/,
};

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}
