import type { FileSource, OpenFailure } from './open-file.ts';
import type { UrlPath } from './url-path.ts';

/** The file a path leads to. The receiver closes `file`. */
export interface FoundFile {
  readonly file: FileSource;
  /** Where it is below the root. */
  readonly relativePath: string;
  /** The one path it is served under, with the query, percent-encoded; `undefined` where it was asked for by that. */
  readonly redirectTo: string | undefined;
  /** Its own path, percent-encoded, where the one asked for names neither it nor its folder (RFC9110§8.7). */
  readonly contentLocation: string | undefined;
}

/** Opens a file below a root. */
export interface OpenBelowRoot {
  /** @param relativePath a path that cannot climb, from `parseUrlPath` */
  open(relativePath: string): FileSource | OpenFailure;
}

/** The file that answers for the folder it is in. */
export const INDEX_NAME = 'index.html';

/** What a page's name may lack in its path. */
const PAGE_ENDING = '.html';

/** How paths stand for files. */
export interface CandidateOptions {
  /** Whether `/about` may be `about.html`. */
  readonly pages: boolean;
  /** Whether a folder is served under its path with a slash and a page without one, and nothing under both. */
  readonly oneSpelling: boolean;
}

const BY_FILES: CandidateOptions = { pages: true, oneSpelling: true };

/**
 * Opens the file a path leads to, by trying in this order:
 *
 * 1. the file of exactly this name;
 * 2. where that is a folder, its `index.html`, served under the path with a slash: without it, a relative link in
 *    the page would start from the folder above;
 * 3. the file of this name and `.html`, served under the path without a slash.
 *
 * A folder with neither is `missing`.
 * @param opener of files below the root
 * @param path that was asked for
 * @param options how paths stand for files
 */
export function openCandidate(
  opener: OpenBelowRoot,
  path: UrlPath,
  options: CandidateOptions = BY_FILES,
): FoundFile | Exclude<OpenFailure, 'folder'> {
  const { relativePath } = path;
  if (!path.namesFolder) {
    const file = opener.open(relativePath);
    if (typeof file !== 'string') return found(path, path.canonicalPath, file, relativePath);
    if (file === 'missing') return openPage(opener, path, options);
    if (file !== 'folder') return file;
  }
  const indexPath = relativePath === '' ? INDEX_NAME : `${relativePath}/${INDEX_NAME}`;
  const index = opener.open(indexPath);
  if (index === 'missing' || index === 'folder') return openPage(opener, path, options);
  if (typeof index === 'string') return index;
  const { canonicalPath } = path;
  const ownPath = path.namesFolder || !options.oneSpelling ? canonicalPath : `${canonicalPath}/`;
  return found(path, ownPath, index, indexPath);
}

function openPage(
  opener: OpenBelowRoot,
  path: UrlPath,
  { pages, oneSpelling }: CandidateOptions,
): FoundFile | Exclude<OpenFailure, 'folder'> {
  const { relativePath, canonicalPath } = path;
  if (!pages || relativePath === '' || relativePath.endsWith(PAGE_ENDING)) return 'missing';
  const pagePath = relativePath + PAGE_ENDING;
  const page = opener.open(pagePath);
  if (typeof page === 'string') return page === 'folder' ? 'missing' : page;
  const plainPath = path.namesFolder ? canonicalPath.slice(0, -1) : canonicalPath;
  const ownPath = oneSpelling ? plainPath : canonicalPath;
  return found(path, ownPath, page, pagePath, encodeForUri(plainPath + PAGE_ENDING));
}

/** `servedUnder` starts with exactly one slash: with two, a `Location` would name another host (RFC3986§4.2). */
function found(
  path: UrlPath,
  servedUnder: string,
  file: FileSource,
  relativePath: string,
  contentLocation?: string,
): FoundFile {
  return { file, relativePath, redirectTo: redirectFrom(path, servedUnder), contentLocation };
}

/**
 * Where a request is sent that did not ask by the one path.
 * @param path that was asked for
 * @param servedUnder the one path, which starts with exactly one slash
 * @returns with the query, percent-encoded; `undefined` where it was asked for by that
 */
export function redirectFrom(path: UrlPath, servedUnder: string): string | undefined {
  return servedUnder === path.pathname ? undefined : encodeForUri(servedUnder + path.query);
}

/** Characters that clients send and no URI has: decision 002 lets them in, `Location` must not pass them on. */
const NOT_URI = /[[\]{}|^`\\]|%(?![0-9a-f]{2})/gi;

/**
 * The same reference by the grammar (RFC3986§2): what is decoded once is the same as before.
 * @param reference of characters that clients send
 */
export function encodeForUri(reference: string): string {
  return reference.replace(NOT_URI, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
