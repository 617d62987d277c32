import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { OPTION_NAMES } from '#server/serve-options.ts';
import { formatOptions, OPTIONS_DOC } from '../scripts/options-doc.ts';

test('docs/options.md is what the table of options says: npm run docs:options', () => {
  const isSame = readFileSync(OPTIONS_DOC, 'utf8') === formatOptions();
  assert.ok(isSame, 'run npm run docs:options');
});

test('docs/options.md has every option, once', () => {
  const text = formatOptions();
  for (const name of OPTION_NAMES) assert.equal(text.split(`in code \`${name}\``).length, 2, name);
});
