import { inspect } from 'node:util';

/** How many causes one look shows, each within the one before. */
const DEPTH = 4;
const MOST_LOOKS = 5;
/** More than any stack: a message may hold what a client has sent. */
const MOST_CHARACTERS = 65_536;

/**
 * A thrown value with all that helps to find its cause: stack, code, causes, and the errors that an `AggregateError` is made
 * of. Each line is indented, and without control characters: what a peer has sent and the app quotes begins no entry of the
 * log, and moves no cursor.
 * @param error whatever was thrown
 */
export function describeError(error: unknown): string {
  const looks: string[] = [];
  const seen = new Set<unknown>();
  let next: unknown = error;
  do {
    looks.push(looks.length === 0 ? look(next) : `caused by ${look(next)}`);
    next = causeBelow(next, seen);
  } while (next !== undefined && looks.length < MOST_LOOKS);
  const text = looks.join('\n');
  const cut = text.length - MOST_CHARACTERS;
  const bounded = cut > 0 ? `${text.slice(0, MOST_CHARACTERS)}\n... (${cut} more characters)` : text;
  return bounded.replace(CONTROLS, escapeCharacter).replace(/^/gm, '    ');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]/g;

/**
 * A character as logs show one that must not stand there: `\x1B`.
 * @param character one
 */
export function escapeCharacter(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/**
 * The first cause that the look at an error does not show any more.
 * @param seen the causes so far: they may lead in a circle
 */
function causeBelow(error: unknown, seen: Set<unknown>): unknown {
  try {
    let cause = error;
    for (let depth = 0; depth <= DEPTH; depth += 1) {
      if (!(cause instanceof Error) || seen.has(cause)) return undefined;
      seen.add(cause);
      cause = cause.cause;
    }
    return seen.has(cause) ? undefined : cause;
  } catch {
    // A member that throws when it is read.
    return undefined;
  }
}

/** An object may say itself how it is to be looked at, and fail at that: the log is no place to die of it. */
function look(error: unknown): string {
  try {
    return inspect(error, { depth: DEPTH });
  } catch {
    try {
      return inspect(error, { depth: DEPTH, customInspect: false });
    } catch {
      return 'something that cannot be looked at was thrown';
    }
  }
}
