import { ANSWER_OPTIONS, CONNECTION_OPTIONS, LIMIT_OPTIONS } from './connection-options.ts';
import { DEADLINE_OPTIONS } from './deadline-options.ts';
import { FOLDER_OPTIONS } from './folder-options.ts';
import { LISTENING_OPTIONS } from './listening-options.ts';
import { LOAD_OPTIONS } from './load-options.ts';
import { LOG_OPTIONS } from './log-options.ts';
import type { OptionName } from './serve-options.ts';
import { THREAD_OPTIONS } from './thread-options.ts';

/** Options that belong together, for people. */
export interface OptionSection {
  /** What they are about. */
  readonly title: string;
  readonly names: readonly OptionName[];
}

/** The table of options in sections: those of `--help` and of docs/options.md. */
export const OPTION_SECTIONS: readonly OptionSection[] = [
  section('Where it listens, and whom it believes', LISTENING_OPTIONS),
  section('Threads', THREAD_OPTIONS),
  section('Folders', FOLDER_OPTIONS),
  section('Connections', CONNECTION_OPTIONS),
  section('How much clients may ask for', LOAD_OPTIONS),
  section('Answers, start and end', DEADLINE_OPTIONS),
  section('How large a request may be', LIMIT_OPTIONS),
  section('Logs', LOG_OPTIONS),
  section('What apps answer', ANSWER_OPTIONS),
];

function section(title: string, rows: Readonly<Partial<Record<OptionName, unknown>>>): OptionSection {
  return { title, names: Object.keys(rows) as OptionName[] };
}
