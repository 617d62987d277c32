import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';

/** One line of a stack. */
export interface StackFrame {
  /** As Node wrote it, without the blanks in front. */
  readonly text: string;
  /** The path of a file; `undefined` for what has none, such as `node:` modules, `data:` URLs and `eval`. */
  readonly file: string | undefined;
  /** From 1; 0 where there is no file. */
  readonly line: number;
  /** Whether it is the app's own, and no package's, heddle's or Node's. */
  readonly isApp: boolean;
}

/** A line of a source file. */
export interface SourceLine {
  /** From 1. */
  readonly number: number;
  /** Its text, cut where it is long. */
  readonly text: string;
  /** Whether it is the line in question. */
  readonly isMarked: boolean;
}

/** Where in a source file an error came from. */
export interface SourceExcerpt {
  /** The path. */
  readonly file: string;
  /** The line in question, and some around it. */
  readonly lines: readonly SourceLine[];
}

/** What can be told of a thrown value. */
export interface ErrorAccount {
  /** Its name; of what is no error, what it is. */
  readonly name: string;
  /** Its message; of what is no error, what it looks like. */
  readonly message: string;
  /** The frames of its stack, in their order. */
  readonly frames: readonly StackFrame[];
  /** Where it came from, if that can be read. */
  readonly source: SourceExcerpt | undefined;
  /** What caused it. */
  readonly cause: ErrorAccount | undefined;
}

const MOST_CAUSES = 5;
const MOST_TEXT = 10_000;
const MOST_STACK = 50_000;
const MOST_FRAMES = 50;
const MOST_FRAME = 2_000;
const MOST_LINE = 300;
const MOST_SOURCE_BYTES = 1_048_576;
const LINES_AROUND = 5;
const MOST_TRIES = 5;
/** The folder of heddle itself. */
const OWN_FOLDER = fileURLToPath(new URL('../', import.meta.url));

/**
 * Tells all there is to know of a thrown value. It is the app's: its members may throw, lead in a circle or have no end.
 * @param thrown whatever was thrown
 */
export function accountOf(thrown: unknown): ErrorAccount {
  return account(thrown, []);
}

function account(thrown: unknown, effects: readonly unknown[]): ErrorAccount {
  if (!attempt(() => thrown instanceof Error, false)) return accountOfValue(thrown);
  const error = thrown as Error;
  const name = textOf(() => error.name) || 'Error';
  const message = textOf(() => error.message);
  const frames = framesOf(
    textOf(() => error.stack),
    message,
  );
  const cause = attempt(() => error.cause, undefined);
  const seen = [...effects, thrown];
  const isNew = cause !== undefined && !seen.includes(cause) && seen.length <= MOST_CAUSES;
  return {
    name: name.slice(0, MOST_TEXT),
    message: message.slice(0, MOST_TEXT),
    frames,
    source: excerptOf(frames),
    cause: isNew ? account(cause, seen) : undefined,
  };
}

function accountOfValue(thrown: unknown): ErrorAccount {
  const looks = attempt(
    () => inspect(thrown, { depth: 2, customInspect: false }),
    'a value that cannot be shown',
  );
  const message = looks.slice(0, MOST_TEXT);
  return { name: 'A value that is no Error', message, frames: [], source: undefined, cause: undefined };
}

function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

function textOf(read: () => unknown): string {
  const value = attempt(read, '');
  return typeof value === 'string' ? value : '';
}

function framesOf(stack: string, message: string): StackFrame[] {
  // The message stands in front, and may hold what a client sent: lines that look like frames, of files it wants to see.
  const at = message === '' ? -1 : stack.indexOf(message);
  const rest = stack.slice(at < 0 ? 0 : at + message.length, MOST_STACK + Math.max(0, at) + message.length);
  return rest
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at ') && line.length <= MOST_FRAME)
    .slice(0, MOST_FRAMES)
    .map(readFrame);
}

function readFrame(text: string): StackFrame {
  const [, place = '', line = '0'] =
    /(?:^at |\(|async )((?:file:\/\/)?\/[^()]*):(\d+):\d+\)?$/.exec(text) ?? [];
  const file = attempt(() => (place.startsWith('file:') ? fileURLToPath(place) : place), '');
  const isApp = file !== '' && !file.includes('/node_modules/') && !file.startsWith(OWN_FOLDER);
  return { text, file: file === '' ? undefined : file, line: Number(line), isApp };
}

/** The first that can be read: a file may be gone by now. */
function excerptOf(frames: readonly StackFrame[]): SourceExcerpt | undefined {
  for (const { file, line } of appFirst(frames).slice(0, MOST_TRIES)) {
    const excerpt = file === undefined ? undefined : readExcerpt(file, line);
    if (excerpt !== undefined) return excerpt;
  }
  return undefined;
}

function readExcerpt(file: string, line: number): SourceExcerpt | undefined {
  const text = attempt(() => readSource(file), undefined)?.split(/\r?\n/);
  if (text === undefined || line < 1 || line > text.length) return undefined;
  const first = Math.max(1, line - LINES_AROUND);
  const lines = text.slice(first - 1, line + LINES_AROUND).map((content, at) => ({
    number: first + at,
    text: content.slice(0, MOST_LINE),
    isMarked: first + at === line,
  }));
  return { file, lines };
}

/**
 * Puts the app's frames first: they are what can be mended.
 * @param frames of a stack
 */
export function appFirst(frames: readonly StackFrame[]): StackFrame[] {
  return [...frames.filter(({ isApp }) => isApp), ...frames.filter(({ isApp }) => !isApp)];
}

/** Of code alone: a stack can be made up. */
function readSource(file: string): string | undefined {
  if (!/\.[cm]?[jt]sx?$/.test(file)) return undefined;
  const found = statSync(file);
  return found.isFile() && found.size <= MOST_SOURCE_BYTES ? readFileSync(file, 'utf8') : undefined;
}
