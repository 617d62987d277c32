import { encodeForUri, type FoundFile, type OpenBelowRoot, openCandidate } from './candidates.ts';
import type { PathTest } from './path-glob.ts';
import {
  anyOf,
  type PathParameters,
  parametersOf,
  pathPattern,
  urlPattern,
  withSingleStars,
} from './path-pattern.ts';
import { encodePath, parseUrlPath, type UrlPath } from './url-path.ts';

/** One path that stands for another. */
export interface Rewrite {
  /** Which paths: a pattern, whose first `*` may be several names; its parameters may stand in the destination. */
  readonly source: string;
  /** The path, with parameters as `:name`, or as `:0` for what stood in the place of a `*`. */
  readonly destination: string;
}

/** A path that was moved. The destination may be a URL. */
export interface Redirect extends Rewrite {
  /** The status code, 300 to 308. */
  readonly status: number;
}

/** Which paths there are, beyond what the files are called. Plain values, which can cross threads. */
export interface UrlOptions {
  /** Whether pages have paths without `.html` and those alone; or for which paths that holds, by patterns. */
  readonly cleanUrls: boolean | readonly string[];
  /** Whether all paths of pages end with a slash, or none; `undefined`: those of folders do. */
  readonly trailingSlash: boolean | undefined;
  /** Asked before any file. The first that fits. */
  readonly redirects: readonly Redirect[];
  /** Asked before files without an ending, and for those that are not there. One after the other, each once. */
  readonly rewrites: readonly Rewrite[];
}

/** Somewhere else than where a client asked. */
export interface Moved {
  /** A URI reference for `Location`. */
  readonly location: string;
  /** The status code, 300 to 308. */
  readonly status: number;
}

type OpenFailure = Extract<ReturnType<typeof openCandidate>, string>;

/** What a page's name may end with that its path does not. */
const PAGE_NAME = /(?:\.html?|\/index)$/;
const ENDING = /[^/]\.[^./]+$/;

/** The paths of a folder, by rules beside its files. */
export class UrlRules {
  readonly #options: UrlOptions;
  readonly #isClean: PathTest;
  readonly #redirects: readonly (Matcher & Redirect)[];
  readonly #rewrites: readonly (Matcher & Rewrite)[];

  /** @param options whose patterns can be read */
  constructor(options: UrlOptions) {
    const { cleanUrls, redirects, rewrites } = options;
    this.#options = options;
    this.#isClean = typeof cleanUrls === 'boolean' ? () => cleanUrls : anyOf(cleanUrls);
    this.#redirects = redirects.map((redirect) => ({ ...redirect, match: matcher(redirect.source) }));
    this.#rewrites = rewrites.map((rewrite) => ({ ...rewrite, match: matcher(rewrite.source) }));
  }

  /**
   * Finds what a path leads to.
   * @param opener of files below the root
   * @param path that was asked for
   */
  find(opener: OpenBelowRoot, path: UrlPath): FoundFile | Moved | OpenFailure {
    const pathname = `/${path.relativePath}`;
    return this.#movedTo(path, pathname) ?? this.#open(opener, path, pathname);
  }

  #movedTo(path: UrlPath, pathname: string): Moved | undefined {
    const spelling = this.#spelling(path.canonicalPath, pathname);
    if (spelling !== path.canonicalPath)
      return { location: encodeForUri(spelling + path.query), status: 301 };
    for (const { match, destination, status } of this.#redirects) {
      const parameters = match(pathname);
      if (parameters === undefined) continue;
      const location = fillIn(destination, parameters);
      return { location: location.includes('?') ? location : withQuery(location, path.query), status };
    }
    return undefined;
  }

  /** The one path of a page: without `.html` and `index`, and with or without a slash at its end. */
  #spelling(canonicalPath: string, pathname: string): string {
    const { trailingSlash } = this.#options;
    let spelling = canonicalPath;
    if (this.#isClean(pathname) && PAGE_NAME.test(spelling)) {
      spelling = spelling.replace(/\.html?$/, '').replace(/\/index$/, '/');
      if (spelling !== '/' && spelling.endsWith('/') && trailingSlash === undefined) return spelling;
    }
    if (trailingSlash === undefined || spelling === '/') return spelling;
    if (!trailingSlash) return spelling.replace(/\/$/, '');
    return spelling.endsWith('/') || ENDING.test(spelling) ? spelling : `${spelling}/`;
  }

  #open(opener: OpenBelowRoot, path: UrlPath, pathname: string): FoundFile | OpenFailure {
    const how = { pages: this.#isClean(pathname), oneSpelling: this.#options.trailingSlash === undefined };
    const target = this.#rewritten(pathname);
    if (target === undefined) return openCandidate(opener, path, how);
    if (ENDING.test(pathname)) {
      const file = openCandidate(opener, path, { ...how, pages: false });
      if (file !== 'missing') return file;
    }
    const found = openCandidate(opener, target, { pages: true, oneSpelling: false });
    if (typeof found === 'string') return found === 'missing' ? openCandidate(opener, path, how) : found;
    return {
      ...found,
      redirectTo: undefined,
      contentLocation: found.contentLocation ?? target.canonicalPath,
    };
  }

  #rewritten(pathname: string): UrlPath | undefined {
    let rewritten: string | undefined;
    for (const { match, destination } of this.#rewrites) {
      const parameters = match(rewritten ?? pathname);
      if (parameters !== undefined) rewritten = decodedPath(fillIn(destination, parameters)) ?? rewritten;
    }
    const target = rewritten === undefined ? 'malformed' : parseUrlPath(encodePath(rewritten));
    return typeof target === 'string' ? undefined : target;
  }
}

/**
 * Whether the source of a redirect or a rewrite can be read, and gives the parameters that its destination has.
 * @param rewrite to look at
 */
export function isReadable({ source, destination }: Rewrite): boolean {
  if (pathPattern(source) === undefined && segments(source) === undefined) return false;
  const names = [...destination.matchAll(PARAMETER)].map(([, name = '']) => name);
  const known = segments(source);
  return names.every((name) => known !== undefined && hasParameter(source, name));
}

interface Matcher {
  /** @returns the parameters of a path that is meant */
  readonly match: (path: string) => PathParameters | undefined;
}

const PARAMETER = /(?<=\/):(\w+)[*+?]?/g;

function matcher(source: string): Matcher['match'] {
  const isMeant = pathPattern(source) ?? (() => false);
  if (STARS_ALONE.test(source)) {
    const pieces = rooted(source).split(/\*+/);
    return (path) => starsOf(pieces, path) ?? (isMeant(path) ? NO_PARAMETERS : undefined);
  }
  const pattern = segments(source);
  return (path) => (pattern && parametersOf(pattern, path)) ?? (isMeant(path) ? NO_PARAMETERS : undefined);
}

/** As a pattern of a URL, in which a `*` goes over slashes. */
function segments(source: string): URLPattern | undefined {
  if (source.startsWith('!')) return undefined;
  return urlPattern(withSingleStars(rooted(source)).replace(/(?<!\(\.)\*/, '(.*)'));
}

/** A source in which nothing else has a meaning. */
const STARS_ALONE = /^[^!%:()[\]{}?+\\][^%:()[\]{}?+\\]*$/;

function rooted(source: string): string {
  return source.startsWith('/') ? source : `/${source}`;
}

/**
 * What stands in the place of each `*`, the first as long as can be. As a pattern of a URL finds it, but at once: that one
 * tries all ways to share a path among several.
 * @param pieces what stands between them
 * @param path decoded
 */
function starsOf(pieces: readonly string[], path: string): PathParameters | undefined {
  const [start = '', ...others] = pieces;
  if (others.length === 0) return path === start ? NO_PARAMETERS : undefined;
  if (!path.startsWith(start)) return undefined;
  const stars: string[] = [];
  let end = path.length;
  for (const [after, piece] of others.reverse().entries()) {
    const at = after === 0 ? end - piece.length : path.lastIndexOf(piece, end - piece.length);
    if (at < start.length || !path.startsWith(piece, at)) return undefined;
    if (after > 0) stars.unshift(path.slice(at + piece.length, end));
    end = at;
  }
  stars.unshift(path.slice(start.length, end));
  return Object.fromEntries(stars.entries());
}

function hasParameter(source: string, name: string): boolean {
  if (/^\d+$/.test(name)) return /[*(]/.test(source);
  return [...source.matchAll(/:(\w+)/g)].some(([, one]) => one === name);
}

const NO_PARAMETERS: PathParameters = {};

/** What a client wrote is encoded, so that it is never more than a part of a path. */
function fillIn(destination: string, parameters: PathParameters): string {
  const target = destination
    .replace(PARAMETER, (_, name: string) =>
      // A `*` behind half a character has the other half.
      (parameters[name] ?? '').toWellFormed().split('/').map(encodeURIComponent).join('/'),
    )
    .toWellFormed()
    .replace(/[^\x21-\x7e]/gu, encodeURIComponent);
  if (/^[a-z][a-z0-9+.-]*:/i.test(destination)) return encodeForUri(target);
  // With two slashes in front it would be another host.
  return encodeForUri(`/${target.replace(/^[/\\]+/, '')}`);
}

/** The query goes along, in front of a fragment. */
function withQuery(location: string, query: string): string {
  const at = location.indexOf('#');
  const whole = at < 0 ? location + query : location.slice(0, at) + query + location.slice(at);
  return encodeForUri(whole);
}

function decodedPath(reference: string): string | undefined {
  const path = parseUrlPath(reference.split('#', 1)[0] ?? '');
  return typeof path === 'string' ? undefined : `/${path.relativePath}`;
}
