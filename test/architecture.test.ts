import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { FOLDER_RULES } from './architecture-rules.ts';
import { importCycles, importViolations, tableFaults } from './support/import-checks.ts';
import { type ParsedSource, parseSources } from './support/parse-sources.ts';
import {
  documentationViolations,
  namingViolations,
  purityViolations,
  sizeViolations,
  typeEscapeViolations,
} from './support/source-checks.ts';
import { PROJECT_ROOT } from './support/spawn-heddle.ts';

const CHECKS: Readonly<Record<string, (source: ParsedSource) => string[]>> = {
  'every import in src/ is one that its folder may make': importViolations,
  'src/ has no any, no silenced compiler errors and no default exports': typeEscapeViolations,
  'every name exported in src/ has a TSDoc comment directly before it': documentationViolations,
  'semantics, http1 and exchange touch no clock, timer, process or console': purityViolations,
  'no name in src/ is an empty word': namingViolations,
};

function readTexts(patterns: string[]): Record<string, string> {
  const paths = globSync(patterns, { cwd: PROJECT_ROOT, exclude: ['**/node_modules/**'] });
  return Object.fromEntries(paths.map((path) => [path, readFileSync(PROJECT_ROOT + path, 'utf8')]));
}

suite('the architecture', () => {
  const sources = parseSources(readTexts(['src/**/*.ts']));

  for (const [title, check] of Object.entries(CHECKS)) {
    test(title, () => assert.deepEqual(sources.flatMap(check), []));
  }

  test('no files of src/ import each other in a circle', () => assert.deepEqual(importCycles(sources), []));

  test('no source file is longer than 400 lines', () => {
    const texts = readTexts(['{src,test,bench,scripts,examples,fuzz}/**/*.ts']);
    assert.deepEqual(
      Object.entries(texts).flatMap(([path, text]) => sizeViolations(path, text)),
      [],
    );
  });

  test('the table of folders has no import that does not go down', () => {
    assert.deepEqual(tableFaults(FOLDER_RULES), []);
  });

  test('src/, the table and the imports map of package.json know the same folders', () => {
    const entries = readdirSync(`${PROJECT_ROOT}src`, { withFileTypes: true });
    const folders = entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
    const manifest: unknown = JSON.parse(readFileSync(`${PROJECT_ROOT}package.json`, 'utf8'));
    const expected = Object.fromEntries(folders.map((name) => [`#${name}/*`, `./src/${name}/*`]));
    assert.deepEqual(Object.keys(FOLDER_RULES).sort(), folders);
    assert.deepEqual((manifest as { imports: unknown }).imports, expected);
  });

  test('every folder of src/ opens with a README', () => {
    const without = Object.keys(FOLDER_RULES).filter(
      (name) => !existsSync(`${PROJECT_ROOT}src/${name}/README.md`),
    );
    assert.deepEqual(without, []);
  });
});
