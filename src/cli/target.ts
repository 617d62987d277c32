import { existsSync, statSync } from 'node:fs';
import { HeddleError } from '#observe/heddle-error.ts';
import type { AppOptions, FolderOptions } from '#server/serve.ts';

/** What the user named, found. */
export interface Target {
  /** For `serve()`. */
  readonly options: AppOptions | FolderOptions;
  /** As the user named it. */
  readonly target: string;
}

/**
 * Finds what is to be served: a folder is served as it is, a file is an app.
 * @param named a path; `./public` or this folder where it is left out
 * @throws {HeddleError} `ERR_HEDDLE_NO_TARGET`
 */
export function findTarget(named: string | undefined): Target {
  const target = named ?? (existsSync('./public') ? './public' : '.');
  if (!existsSync(target)) {
    throw new HeddleError('ERR_HEDDLE_NO_TARGET', `There is no folder or app "${target}". Check the path.`);
  }
  const options = statSync(target).isDirectory() ? { static: target } : { app: target };
  return { options, target };
}
