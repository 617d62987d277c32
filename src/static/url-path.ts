/** A request path that names a place below the root, by one spelling. */
export interface UrlPath {
  /** The place relative to the root, decoded, without a slash at either end; empty for the root itself. */
  readonly relativePath: string;
  /** Whether the path ends with a slash and so names a folder. */
  readonly namesFolder: boolean;
  /** The path as sent, without the query. */
  readonly pathname: string;
  /** `pathname` with single slashes, still percent-encoded: the only spelling that is served. */
  readonly canonicalPath: string;
  /** The query with its `?`; empty where there is none. */
  readonly query: string;
}

/**
 * Why a path is not looked up.
 *
 * - `malformed`: no path at all: a broken escape, octets that are not UTF-8, a control character (400).
 * - `hidden`: it could only name what is not ours to show: `..`, a dotfile, a separator in disguise (404).
 */
export type UrlPathRefusal = 'malformed' | 'hidden';

/** Visible ASCII but `#`: whatever passes may stand in a `Location` (RFC3986§2). */
const URL_TEXT = /^\/[\x21\x22\x24-\x7e]*$/;
/** `%2f` and `%5c`. A proxy that decodes them sees another path than we would, so its rules would not hold. */
const ENCODED_SEPARATOR = /%(?:2f|5c)/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for; NUL ends a path in the kernel.
const CONTROL_CHARACTER = /[\x00-\x1f\x7f]/;

/**
 * Turns a request's path into a relative path that cannot leave the root by its spelling. What is left for the
 * file system to answer, symbolic links, is decided in `open-file.ts`.
 *
 * It decodes once: `%252e` is a name with a percent sign in it. Nothing is repaired: a path with `..` is refused
 * even where it would stay inside, since a browser never sends one (RFC3986§5.2.4 is the client's part).
 * @param path path and query in origin-form, percent-encoded
 */
export function parseUrlPath(path: string): UrlPath | UrlPathRefusal {
  const known = remembered.get(path);
  if (known !== undefined) return known;
  const read = readUrlPath(path);
  if (typeof read === 'string' || path.length > LONGEST_REMEMBERED) return read;
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered.set(path, read);
  return read;
}

/** A site has some hundred paths that most requests are for: each is read once (0.05 us where it was 0.6). */
const remembered = new Map<string, UrlPath>();
const MOST_REMEMBERED = 2_000;
const LONGEST_REMEMBERED = 200;

function readUrlPath(path: string): UrlPath | UrlPathRefusal {
  if (!URL_TEXT.test(path)) return 'malformed';
  const queryAt = path.indexOf('?');
  const pathname = queryAt < 0 ? path : path.slice(0, queryAt);
  if (ENCODED_SEPARATOR.test(pathname)) return 'hidden';
  const decoded = decode(pathname);
  if (decoded === undefined || CONTROL_CHARACTER.test(decoded)) return 'malformed';
  // A browser reads `\` as `/`, and so does Windows.
  if (decoded.includes('\\')) return 'hidden';
  const segments = decoded.split('/').filter((segment) => segment !== '');
  if (segments.some(isHiddenSegment)) return 'hidden';
  return {
    relativePath: segments.join('/'),
    namesFolder: pathname.endsWith('/'),
    pathname,
    canonicalPath: pathname.includes('//') ? pathname.replace(/\/{2,}/g, '/') : pathname,
    query: queryAt < 0 ? '' : path.slice(queryAt),
  };
}

/**
 * Writes a path as it stands in a URL: `%41`, which is another spelling of `A` there, is a name with a percent sign here.
 * @param path decoded; what {@link parseUrlPath} reads of the result
 */
export function encodePath(path: string): string {
  return encodeURI(path.toWellFormed()).replace(/[?#]/g, encodeURIComponent);
}

/**
 * Whether a path can name what is in a folder: what is refused by {@link parseUrlPath} cannot be asked for.
 * @param name as it stands in the folder
 * @param isInRoot whether that is the root
 */
export function isNameable(name: string, isInRoot: boolean): boolean {
  return !(isHiddenSegment(name, isInRoot ? 0 : 1) || CONTROL_CHARACTER.test(name) || name.includes('\\'));
}

/** `.`, `..` and dotfiles (`.git`, `.env`); only `/.well-known/` itself is public by its definition (RFC8615§3). */
function isHiddenSegment(segment: string, index: number): boolean {
  return segment.startsWith('.') && !(index === 0 && segment === '.well-known');
}

/** Strict UTF-8: overlong forms, surrogates and broken escapes give `undefined`. */
function decode(pathname: string): string | undefined {
  if (!pathname.includes('%')) return pathname;
  try {
    return decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
}
