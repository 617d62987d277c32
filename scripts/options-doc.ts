// node scripts/options-doc.ts: writes docs/options.md from the one table of options; with --check it only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { offFlag } from '#cli/option-flags.ts';
import type { OptionRow } from '#server/option-row.ts';
import { OPTION_SECTIONS, type OptionSection } from '#server/option-sections.ts';
import { EXPECTED_VALUES, showValue } from '#server/option-values.ts';
import { OPTION_NAMES, type OptionName, SERVE_OPTIONS } from '#server/serve-options.ts';

/** Where the text belongs. */
export const OPTIONS_DOC: string = fileURLToPath(new URL('../docs/options.md', import.meta.url));

/** The text of docs/options.md. */
export function formatOptions(): string {
  const shown = OPTION_SECTIONS.flatMap(({ names }) => names);
  const missing = OPTION_NAMES.filter((name) => !shown.includes(name));
  if (missing.length > 0)
    throw new Error(`${missing.join(', ')}: in no section of src/server/option-sections.ts`);
  return `# Options

Made from the one table of options by \`npm run docs:options\`. Where each can be set, and which goes first, stands in
[config.md](config.md); \`heddle app.ts --print-config\` prints what holds. Durations are milliseconds, or have a unit: \`500ms\`,
\`30s\`, \`2m\`, \`1h\`. Sizes are bytes, or have one: \`64KiB\`, \`10MB\`; \`k\`, \`m\` and \`g\` alone are KiB, MiB and GiB.
${OPTION_SECTIONS.map(section).join('')}`;
}

function section({ title, names }: OptionSection): string {
  return `\n## ${title}\n${names.map(entry).join('')}`;
}

function entry(name: OptionName): string {
  const { kind, flag, env, default: value, about, reason }: OptionRow = SERVE_OPTIONS[name];
  const off = offFlag(name);
  return `
### ${flag.split(' ').find((part) => part.startsWith('--'))}

${capital(about)}.

- \`${flag}\`${off === undefined ? '' : `, off by \`${off}\``}, in code \`${name}\`, in the environment \`${env}\`
- ${capital(EXPECTED_VALUES[kind])}
- By default ${value === '' ? 'none' : `\`${showValue(kind, value)}\``}: ${reason}
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
