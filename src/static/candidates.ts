import type { FileOpener, FileSource, OpenFailure } from './open-file.ts';
import type { UrlPath } from './url-path.ts';

/** The file a path leads to. The receiver closes `file`. */
export interface FoundFile {
  readonly file: FileSource;
  /** Where it is below the root. */
  readonly relativePath: string;
  /** The one path it is served under, with the query, percent-encoded; `undefined` where it was asked for by that. */
  readonly redirectTo: string | undefined;
}

/** Opens a file below a root. */
export type OpenBelowRoot = Pick<FileOpener, 'open'>;

/** The file that answers for the folder it is in. */
const INDEX_NAME = 'index.html';

/**
 * Opens the file a path leads to, by trying in this order:
 *
 * 1. the file of exactly this name;
 * 2. where that is a folder, its `index.html`, served under the path with a slash: without it, a relative link in
 *    the page would start from the folder above.
 *
 * A folder without `index.html` is `missing`.
 */
export function openCandidate(
  opener: OpenBelowRoot,
  path: UrlPath,
): FoundFile | Exclude<OpenFailure, 'folder'> {
  const { relativePath } = path;
  if (!path.namesFolder) {
    const file = opener.open(relativePath);
    if (typeof file !== 'string')
      return { file, relativePath, redirectTo: redirection(path, path.canonicalPath) };
    if (file !== 'folder') return file;
  }
  const indexPath = relativePath === '' ? INDEX_NAME : `${relativePath}/${INDEX_NAME}`;
  const index = opener.open(indexPath);
  if (typeof index === 'string') return index === 'folder' ? 'missing' : index;
  const folderPath = path.namesFolder ? path.canonicalPath : `${path.canonicalPath}/`;
  return { file: index, relativePath: indexPath, redirectTo: redirection(path, folderPath) };
}

/** `canonicalPath` starts with exactly one slash: with two, a `Location` would name another host (RFC3986§4.2). */
function redirection(path: UrlPath, canonicalPath: string): string | undefined {
  return canonicalPath === path.pathname ? undefined : encodeForUri(canonicalPath + path.query);
}

/** Characters that clients send and no URI has: decision 002 lets them in, `Location` must not pass them on. */
const NOT_URI = /[[\]{}|^`\\]|%(?![0-9a-f]{2})/gi;

/** The same reference by the grammar (RFC3986§2): what is decoded once is the same as before. */
function encodeForUri(reference: string): string {
  return reference.replace(NOT_URI, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
