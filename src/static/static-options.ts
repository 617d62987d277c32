import { statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { HeddleError } from '#observe/heddle-error.ts';
import type { CompressedContents } from './compressed-contents.ts';
import type { AllowedOrigins } from './cors.ts';
import type { PathRule } from './path-rule.ts';
import type { UrlOptions } from './url-rules.ts';

/** How a folder is served. */
export interface StaticOptions {
  /** The absolute path of the folder. It may be a symbolic link; replacing the link moves the site. */
  readonly root: string;
  /**
   * Whether the folder has the last word: a path without a file is answered 404, with the root's `404.html` where
   * there is one, and a method other than GET and HEAD 405. Otherwise all that is left to the next handler.
   */
  readonly notFoundPage: boolean;
  /**
   * Whether a navigation to a path without a file gets the root's `index.html`, 200, whose scripts do the rest.
   * @default false
   */
  readonly single?: boolean;
  /**
   * Whether symbolic links may lead out of the folder.
   * @default false
   */
  readonly symlinks?: boolean;
  /**
   * Whether a folder without `index.html` is answered with what is in it, as a page or as JSON; or which folders are, by
   * patterns. Never where `single` is.
   * @default false
   */
  readonly listing?: boolean | readonly string[];
  /**
   * Files that are as if they were not there, as relative paths: what belongs to the server rather than to the site.
   * @default none
   */
  readonly hidden?: readonly string[];
  /**
   * Names that are in no listing, by patterns for `/name`.
   * @default none
   */
  readonly unlisted?: readonly string[];
  /**
   * Whether a folder without `index.html` in which there is one file alone is answered with that.
   * @default false
   */
  readonly onlyFile?: boolean;
  /**
   * The most bytes of file contents to keep in memory; 0 keeps none.
   * @default 33_554_432
   */
  readonly fileCacheBytes?: number;
  /**
   * Where files that get smaller are compressed.
   * @default they are sent as they are, or as their siblings
   */
  readonly compressed?: CompressedContents | undefined;
  /**
   * Fields for the answers to some paths, the later rules over those before.
   * @default `Cache-Control` and `Content-Type` by the names of files, and nothing else
   */
  readonly rules?: readonly PathRule[];
  /**
   * Whether no cache may keep the files that others read too (RFC9111§3.5).
   * @default false
   */
  readonly isPrivate?: boolean;
  /**
   * Pages of which origins may read the files.
   * @default those of the site itself alone
   */
  readonly origins?: AllowedOrigins;
  /**
   * Which paths there are.
   * @default those of the files; pages without their `.html` too
   */
  readonly urls?: UrlOptions | undefined;
}

/**
 * Refuses options that could serve nothing, before the first request does.
 * @throws {HeddleError} `ERR_HEDDLE_STATIC_ROOT` where the root is not absolute, is missing or is no folder
 */
export function checkStaticOptions(options: StaticOptions): void {
  const { root } = options;
  if (!isAbsolute(root)) {
    throw rootError(`The folder to serve is not an absolute path: "${root}". Resolve it first.`);
  }
  let isFolder: boolean;
  try {
    isFolder = statSync(root).isDirectory();
  } catch (cause) {
    throw rootError(
      `The folder to serve cannot be reached: "${root}". Create it or name another one.`,
      cause,
    );
  }
  if (!isFolder)
    throw rootError(`What should be served is not a folder: "${root}". Name the folder it is in.`);
}

function rootError(message: string, cause?: unknown): HeddleError {
  return new HeddleError('ERR_HEDDLE_STATIC_ROOT', message, cause === undefined ? {} : { cause });
}
