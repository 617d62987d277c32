import { HeddleError } from '#observe/heddle-error.ts';
import type { AccessLogFormat } from './access-line.ts';
import { ANSWER_OPTIONS, CONNECTION_OPTIONS, LIMIT_OPTIONS } from './connection-options.ts';
import { DEADLINE_OPTIONS } from './deadline-options.ts';
import { FOLDER_OPTIONS } from './folder-options.ts';
import { LISTENING_OPTIONS } from './listening-options.ts';
import { LOAD_OPTIONS } from './load-options.ts';
import { LOG_OPTIONS } from './log-options.ts';
import type { OptionRow } from './option-row.ts';
import { EXPECTED_VALUES, type OptionKind, readValue } from './option-values.ts';
import type { CacheRules, FieldRules } from './rule-values.ts';
import { THREAD_OPTIONS } from './thread-options.ts';

/**
 * Every option, once: the source of the parser, of `--help` and of the defaults. Times are milliseconds, sizes
 * bytes. Precedence: flag > app module > config file > environment > default.
 */
export const SERVE_OPTIONS: typeof LISTENING_OPTIONS &
  typeof THREAD_OPTIONS &
  typeof CONNECTION_OPTIONS &
  typeof LOAD_OPTIONS &
  typeof FOLDER_OPTIONS &
  typeof DEADLINE_OPTIONS &
  typeof LOG_OPTIONS &
  typeof ANSWER_OPTIONS &
  typeof LIMIT_OPTIONS = {
  ...LISTENING_OPTIONS,
  ...THREAD_OPTIONS,
  ...CONNECTION_OPTIONS,
  ...LOAD_OPTIONS,
  ...FOLDER_OPTIONS,
  ...DEADLINE_OPTIONS,
  ...LOG_OPTIONS,
  ...ANSWER_OPTIONS,
  ...LIMIT_OPTIONS,
};
SERVE_OPTIONS satisfies Record<string, OptionRow>;

/** The name of an option. */
export type OptionName = keyof typeof SERVE_OPTIONS;

/** The type of an option's value, by its kind. */
export type OptionValue<Kind extends OptionKind> = Kind extends 'switch'
  ? boolean
  : Kind extends 'text' | 'path' | 'endpoint' | 'rate'
    ? string
    : Kind extends 'threads'
      ? number | 'auto'
      : Kind extends 'mode'
        ? number | 'umask'
        : Kind extends 'proxies'
          ? number | string | readonly string[]
          : Kind extends 'cache'
            ? CacheRules
            : Kind extends 'fields'
              ? FieldRules
              : Kind extends 'origins'
                ? string | boolean | readonly string[]
                : Kind extends 'log-format'
                  ? AccessLogFormat | 'auto'
                  : number;

/** A value for every option. */
export type Settings = {
  readonly [Name in OptionName]: OptionValue<(typeof SERVE_OPTIONS)[Name]['kind']>;
};

/**
 * Options that an app module cannot set: they are settled before a thread loads it. A heap that is limited from the
 * second start of a thread on would be none, and an endpoint that opens after the start could not tell of it.
 */
export const OPTIONS_BEFORE_APP: readonly OptionName[] = ['threadMemoryMb', 'admin'];

/** All names, in the order of `--help`. */
export const OPTION_NAMES: readonly OptionName[] = Object.keys(SERVE_OPTIONS) as OptionName[];

/**
 * Reads the value of one option, from code or as text.
 * @param name the option
 * @param value what was given
 * @param origin where it was given, for the message: `--port`, `PORT`, `app.ts`
 * @throws {HeddleError} `ERR_HEDDLE_OPTION` for a value that the option cannot have
 */
export function readOption(name: OptionName, value: unknown, origin: string): Settings[OptionName] {
  const { kind } = SERVE_OPTIONS[name];
  const read = readValue(kind, value);
  if (read !== undefined) return read;
  throw new HeddleError(
    'ERR_HEDDLE_OPTION',
    `${origin}: ${JSON.stringify(value)} is not ${EXPECTED_VALUES[kind]}. Give it such a value, or leave it out.`,
  );
}
