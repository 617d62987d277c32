import { existsSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { HeddleError } from '#observe/heddle-error.ts';

/**
 * The URL of a module that is there.
 * @param name of the option that says so
 * @param target a path, relative to the working directory, or a URL
 * @throws {HeddleError} `ERR_HEDDLE_NO_TARGET`
 */
export function moduleUrl(name: 'app' | 'tasks', target: string | URL): URL {
  const url = target instanceof URL ? target : pathToFileURL(resolve(target));
  if (url.protocol === 'file:' && !existsSync(url)) throw noTarget(name, fileURLToPath(url));
  return url;
}

/**
 * The absolute path of a folder that is there.
 * @param target a path, relative to the working directory, or a URL
 * @throws {HeddleError} `ERR_HEDDLE_NO_TARGET`
 */
export function folderPath(target: string | URL): string {
  const path = target instanceof URL ? fileURLToPath(target) : resolve(target);
  if (!existsSync(path) || !statSync(path).isDirectory()) throw noTarget('static', path);
  return path;
}

/**
 * Where a file lies in a folder.
 * @param folder an absolute path, with or without a slash at its end
 * @param file an absolute path
 * @returns the path from the folder on; empty for the folder itself, `undefined` for what lies elsewhere
 */
export function pathBelow(folder: string, file: string): string | undefined {
  const path = relative(folder, file);
  return path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path) ? undefined : path;
}

/**
 * The path of a file that an option names.
 * @param value of the option; what stands for no file (`''`, `-`, `stderr`), or is no path, is given back as it is
 * @param folder that it is relative to, as an absolute path
 */
export function optionPath<Value>(value: Value, folder: string): Value | string {
  return typeof value !== 'string' || NO_FILES.includes(value) ? value : resolve(folder, value);
}

const NO_FILES: readonly string[] = ['', '-', 'stderr'];

function noTarget(name: 'app' | 'tasks' | 'static', path: string): HeddleError {
  const what = name === 'static' ? 'folder' : 'module';
  return new HeddleError('ERR_HEDDLE_NO_TARGET', `There is no ${what} ${path}. Check the path of ${name}.`);
}
