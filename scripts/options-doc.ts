// node scripts/options-doc.ts: writes docs/options.md from the one table of options; with --check it only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { offFlag } from '#cli/option-flags.ts';
import { ANSWER_OPTIONS, CONNECTION_OPTIONS, LIMIT_OPTIONS } from '#server/connection-options.ts';
import { DEADLINE_OPTIONS } from '#server/deadline-options.ts';
import { FOLDER_OPTIONS } from '#server/folder-options.ts';
import { LISTENING_OPTIONS } from '#server/listening-options.ts';
import { LOAD_OPTIONS } from '#server/load-options.ts';
import { LOG_OPTIONS } from '#server/log-options.ts';
import type { OptionRow } from '#server/option-row.ts';
import { EXPECTED_VALUES } from '#server/option-values.ts';
import { OPTION_NAMES, type OptionName } from '#server/serve-options.ts';
import { THREAD_OPTIONS } from '#server/thread-options.ts';

/** Where the text belongs. */
export const OPTIONS_DOC: string = fileURLToPath(new URL('../docs/options.md', import.meta.url));

const SECTIONS: readonly (readonly [title: string, rows: Readonly<Record<string, OptionRow>>])[] = [
  ['Where it listens, and whom it believes', LISTENING_OPTIONS],
  ['Threads', THREAD_OPTIONS],
  ['Folders', FOLDER_OPTIONS],
  ['Connections', CONNECTION_OPTIONS],
  ['How much clients may ask for', LOAD_OPTIONS],
  ['Answers, start and end', DEADLINE_OPTIONS],
  ['How large a request may be', LIMIT_OPTIONS],
  ['Logs', LOG_OPTIONS],
  ['What apps answer', ANSWER_OPTIONS],
];

/** The text of docs/options.md. */
export function formatOptions(): string {
  const shown = SECTIONS.flatMap(([, rows]) => Object.keys(rows));
  const missing = OPTION_NAMES.filter((name) => !shown.includes(name));
  if (missing.length > 0) throw new Error(`${missing.join(', ')}: in no section of scripts/options-doc.ts`);
  return `# Options

Made from the one table of options by \`npm run docs:options\`. Where each can be set, and which goes first, stands in
[config.md](config.md); \`heddle app.ts --print-config\` prints what holds. Durations are milliseconds, or have a unit: \`500ms\`,
\`30s\`, \`2m\`, \`1h\`. Sizes are bytes, or have one: \`64KiB\`, \`10MB\`; \`k\`, \`m\` and \`g\` alone are KiB, MiB and GiB.
${SECTIONS.map(([title, rows]) => section(title, rows)).join('')}`;
}

function section(title: string, rows: Readonly<Record<string, OptionRow>>): string {
  const entries = Object.entries(rows).map(([name, row]) => entry(name as OptionName, row));
  return `\n## ${title}\n${entries.join('')}`;
}

function entry(name: OptionName, { kind, flag, env, default: value, about, reason }: OptionRow): string {
  const off = offFlag(name);
  return `
### ${flag.split(' ').find((part) => part.startsWith('--'))}

${capital(about)}.

- \`${flag}\`${off === undefined ? '' : `, off by \`${off}\``}, in code \`${name}\`, in the environment \`${env}\`
- ${capital(EXPECTED_VALUES[kind])}
- By default ${value === '' ? 'none' : `\`${value}\``}: ${reason}
`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

if (import.meta.main) {
  if (!process.argv.includes('--check')) writeFileSync(OPTIONS_DOC, formatOptions());
  else if (readFileSync(OPTIONS_DOC, 'utf8') !== formatOptions())
    throw new Error('docs/options.md is not what the table says: npm run docs:options');
}
