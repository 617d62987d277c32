import { existsSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import { HeddleError } from '#observe/heddle-error.ts';
import type { AppOptions, FolderOptions, HostsOptions } from '#server/serve-targets.ts';
import type { ConfigFile } from './config-file.ts';
import { stepForTarget } from './foreign-words.ts';

/** What the user named, found. */
export interface Target {
  /** For `serve()`. */
  readonly options: AppOptions | FolderOptions | HostsOptions;
  /** As the user named it. */
  readonly target: string;
}

/**
 * Finds what is to be served: a folder is served as it is, a file is an app.
 * @param named a path; where it is left out what the config file says, else `./public` or this folder
 * @param config that may say what is served
 * @throws {HeddleError} `ERR_HEDDLE_NO_TARGET`
 */
export function findTarget(named: string | undefined, config?: ConfigFile): Target {
  const configured = named === undefined && config !== undefined ? configuredTarget(config) : undefined;
  if (configured !== undefined) return configured;
  const target = named ?? (existsSync('./public') ? './public' : '.');
  if (!existsSync(target)) {
    const step = stepForTarget(target);
    throw new HeddleError('ERR_HEDDLE_NO_TARGET', `There is no folder or app "${target}". ${step}`);
  }
  const options = statSync(target).isDirectory() ? { static: target } : { app: target };
  return { options, target };
}

function configuredTarget(config: ConfigFile): Target | undefined {
  const { app, static: folder, tasks } = config.target;
  const target = relative(process.cwd(), config.path);
  const virtualHosts = config.virtualHosts();
  const common = { ...(tasks === undefined ? {} : { tasks }) };
  if (app !== undefined)
    return { options: { ...common, app, ...(folder === undefined ? {} : { static: folder }) }, target };
  if (folder !== undefined) return { options: { ...common, static: folder }, target };
  // They are the file's, to be asked for anew at each reload.
  return virtualHosts.length > 0 ? { options: common as HostsOptions, target } : undefined;
}
