// Patterns are an owner's, paths are anybody's: a path of 8 KiB must not cost more than its length. By a regular expression,
// which is what `path.matchesGlob()` makes of it, `*-*-*.js` takes 90 s for one of dashes alone.

/** Tells whether a path is meant. */
export type PathTest = (path: string) => boolean;

/** One character of a name, or how many there may be. */
type Token = string | RegExp | typeof ANY | typeof STAR;
type Name = readonly Token[];

const ANY: unique symbol = Symbol('?');
const STAR: unique symbol = Symbol('*');
/** Any folders: a name of its own. */
const FOLDERS = '**';
const MOST_ALTERNATIVES = 1_000;

/**
 * Reads a glob: see `path-pattern.ts`. Whether a path is meant is found without going back further than to the last `*`.
 * @param pattern with a slash in front
 * @returns `undefined` for one of more than 1,000 alternatives
 */
export function pathGlob(pattern: string): PathTest | undefined {
  const texts = alternatives(pattern);
  if (texts === undefined) return undefined;
  const globs = texts.map((text) => {
    const names = text.split('/').filter((name, at, all) => name !== FOLDERS || all[at - 1] !== FOLDERS);
    return names.map((name) => (name === FOLDERS ? FOLDERS : tokens(name)));
  });
  return (path) => {
    const names = path.split('/');
    return globs.some((glob) => isPathMeant(glob, names));
  };
}

function isPathMeant(glob: readonly (Name | typeof FOLDERS)[], names: readonly string[]): boolean {
  let at = 0;
  let next = 0;
  let afterFolders = -1;
  let firstInFolders = 0;
  while (next < names.length) {
    const one = glob[at];
    // A slash at the end makes no difference.
    if (one === undefined && next === names.length - 1 && names[next] === '') return true;
    if (one === FOLDERS) {
      at += 1;
      afterFolders = at;
      firstInFolders = next;
    } else if (one !== undefined && isNameMeant(one, names[next] ?? '')) {
      at += 1;
      next += 1;
    } else {
      // One folder more for the last `**`.
      if (afterFolders < 0 || names[firstInFolders]?.startsWith('.') !== false) return false;
      firstInFolders += 1;
      next = firstInFolders;
      at = afterFolders;
    }
  }
  // `/a/**` is what is in `/a/`, and not `/a`.
  return at === glob.length;
}

function isNameMeant(glob: Name, name: string): boolean {
  // A name that begins with a dot has to be named.
  if (name.startsWith('.') && glob[0] !== '.') return false;
  if (name === '') return glob.length === 0;
  const characters = [...name];
  let at = 0;
  let next = 0;
  let afterStar = -1;
  let firstInStar = 0;
  while (next < characters.length) {
    const one = glob[at];
    if (one === STAR) {
      at += 1;
      afterStar = at;
      firstInStar = next;
    } else if (one !== undefined && isCharacterMeant(one, characters[next] ?? '')) {
      at += 1;
      next += 1;
    } else {
      if (afterStar < 0) return false;
      firstInStar += 1;
      next = firstInStar;
      at = afterStar;
    }
  }
  while (glob[at] === STAR) at += 1;
  return at === glob.length;
}

function isCharacterMeant(one: Exclude<Token, typeof STAR>, character: string): boolean {
  if (one === ANY) return true;
  return typeof one === 'string' ? one === character : one.test(character);
}

const PARTS = /\\(.)|(\*+)|(\?)|\[([!^]?)(\]?[^\]]*)\]|(.)/gsu;

function tokens(name: string): Name {
  return [...name.matchAll(PARTS)].map(([whole, escaped, star, any, not, members, plain]) => {
    if (star !== undefined) return STAR;
    if (any !== undefined) return ANY;
    if (members === undefined) return escaped ?? plain ?? whole;
    return classOf(not !== '', members);
  });
}

/** One that cannot be read is for no character. */
function classOf(isOthers: boolean, members: string): RegExp {
  const escaped = members.replace(/[\\\][^]/g, '\\$&');
  try {
    return new RegExp(`^[${isOthers ? '^' : ''}${escaped}]$`, 'su');
  } catch {
    return /^(?!)/;
  }
}

/** Without braces: `a{b,c}` is `ab` and `ac`. Braces without a comma are plain characters. */
function alternatives(pattern: string): string[] | undefined {
  let open: string[] = [pattern];
  const done: string[] = [];
  while (open.length > 0) {
    const [first = '', ...rest] = open;
    const [, before, inside, behind] = /^(.*)\{([^{}]*,[^{}]*)\}(.*)$/s.exec(first) ?? [];
    open = rest;
    if (inside === undefined) done.push(first);
    else open.push(...inside.split(',').map((one) => `${before}${one}${behind}`));
    if (open.length + done.length > MOST_ALTERNATIVES) return undefined;
  }
  return done;
}
