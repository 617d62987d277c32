import { type PathTest, pathGlob } from './path-glob.ts';
import { encodePath } from './url-path.ts';

/** What only a pattern with parameters has, as in `/users/:id` and `/files/(.*)`. */
const PARAMETERS = /[:(]/;

/** Another way to write `{a,b}`, as `serve` has it in its examples: `@(a|b)`. */
const ALTERNATIVES = /@\(([^()]+)\)/g;

/**
 * Reads a pattern for paths, such as `/assets/**` or `*.{png,jpg}`: `*` stands for anything within a name, `**` for any
 * folders, `?` for one character, `{a,b}` for either, `[ab]` for one of them; `!` in front for all other paths. A pattern
 * without a slash is about the last name, in whatever folder; one with a slash begins at the root. A name that begins with
 * a dot has to be named, but by `**` alone, which is every path. One with parameters, such as `/users/:id`, is read as a
 * `URLPattern` is.
 * @param pattern the pattern
 * @returns a test of decoded paths that begin with a slash; `undefined` for what is no pattern
 */
export function pathPattern(pattern: string): PathTest | undefined {
  if (pattern.startsWith('!')) {
    const others = pathPattern(pattern.slice(1));
    return others === undefined ? undefined : (path) => !others(path);
  }
  if (pattern === '') return undefined;
  if (pattern === '**' || pattern === '/**') return () => true;
  const anchored = pattern.startsWith('/')
    ? pattern
    : pattern.includes('/')
      ? `/${pattern}`
      : `/**/${pattern}`;
  const glob = anchored.replace(ALTERNATIVES, (_, list: string) => {
    const several = list.split('|');
    return several.length > 1 ? `{${several.join(',')}}` : list;
  });
  if (!PARAMETERS.test(glob)) return pathGlob(glob);
  const parameters = urlPattern(anchored);
  return parameters === undefined ? undefined : (path) => parametersOf(parameters, path) !== undefined;
}

/**
 * Reads several patterns as one.
 * @param patterns of which any may mean a path; one that is no pattern means none
 */
export function anyOf(patterns: readonly string[]): PathTest {
  const tests = patterns.map((pattern) => pathPattern(pattern) ?? (() => false));
  return (path) => tests.some((isMeant) => isMeant(path));
}

/** What stood in a path where a pattern has parameters, decoded; by name, or by number where they have none. */
export type PathParameters = Readonly<Record<string, string>>;

/**
 * Matches a path with a pattern.
 * @param pattern for the path of a URL
 * @param path decoded
 * @returns `undefined` where it does not match
 */
export function parametersOf(pattern: URLPattern, path: string): PathParameters | undefined {
  const groups = pattern.exec({ pathname: encodePath(path) })?.pathname.groups;
  if (groups === undefined) return undefined;
  try {
    const decoded = Object.entries(groups).map(([name, value = '']) => [name, decodeURIComponent(value)]);
    return Object.fromEntries(decoded);
  } catch {
    // A pattern such as `(.)` has cut a character in two.
    return undefined;
  }
}

/**
 * Reads a pattern with parameters.
 * @param pathname of the pattern, in which `**` is any folders
 * @returns `undefined` for what is none
 */
export function urlPattern(pathname: string): URLPattern | undefined {
  try {
    return new URLPattern({ pathname: withSingleStars(pathname) });
  } catch {
    return undefined;
  }
}

/**
 * Writes any folders as a `URLPattern` has them. There `**` is a `*` that may come many times, `(.*(/.*)*)`, which takes twice
 * as long for each folder more of a path.
 * @param pathname of a pattern
 */
export function withSingleStars(pathname: string): string {
  return pathname.replace(/\/\*{2,}(?=\/)/g, '{/*}?').replace(/\*{2,}/g, '*');
}
