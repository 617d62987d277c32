import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { PROJECT_ROOT } from './support/spawn-heddle.ts';

/** One requirement in docs/http-support.md. */
interface Row {
  /** Where it stands, for messages. */
  readonly where: string;
  readonly section: string;
  readonly files: readonly string[];
  readonly tests: readonly { readonly path: string; readonly title: string }[];
}

const PAGE = 'docs/http-support.md';
const text = readFileSync(PROJECT_ROOT + PAGE, 'utf8');

function rowsOf(page: string): Row[] {
  return page.split('\n').flatMap((line, index): Row[] => {
    if (!line.startsWith('| RFC')) return [];
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
    // The table of what does not concern us has no files and no tests.
    if (cells.length !== 7) return [];
    const [, section = '', , , files = '', tests = ''] = cells;
    return [
      {
        where: `${PAGE}:${index + 1}`,
        section: section.split(' ')[0] ?? '',
        files: Array.from(files.matchAll(/`([^`]+)`/g), ([, path = '']) => path),
        tests: Array.from(tests.matchAll(/`([^`]+)`: "(.*?)"(?=; `|$)/g), ([, path = '', title = '']) => ({
          path,
          title,
        })),
      },
    ];
  });
}

/** A title stands in a vector file on a line of its own, in a test file in quotes of some kind. */
function hasTitle(path: string, title: string): boolean {
  const source = readFileSync(PROJECT_ROOT + path, 'utf8');
  if (path.endsWith('.http')) return source.split('\n').includes(`= ${title}`);
  return [`'${title.replaceAll("'", "\\'")}'`, `"${title}"`, `\`${title}\``].some((quoted) =>
    source.includes(quoted),
  );
}

/** Sections in the order of the RFCs. */
function isInOrder(before: string, after: string): boolean {
  return before.localeCompare(after, 'en', { numeric: true }) <= 0;
}

suite('docs/http-support.md', () => {
  const rows = rowsOf(text);

  test('has the requirements of both RFCs in their order', () => {
    for (const rfc of ['RFC9110', 'RFC9112']) {
      const sections = rows.map(({ section }) => section).filter((section) => section.startsWith(rfc));
      assert.ok(sections.length > 80, rfc);
      for (const [index, section] of sections.slice(1).entries()) {
        assert.ok(isInOrder(sections[index] ?? '', section), `${sections[index]} before ${section}`);
      }
    }
  });

  test('names files that exist', () => {
    const missing = rows.flatMap(({ where, files }) =>
      files.length === 0 || !files.every((path) => existsSync(PROJECT_ROOT + path)) ? [where] : [],
    );
    assert.deepEqual(missing, []);
  });

  test('names at least one test for each requirement, by its exact title', () => {
    const faults = rows.flatMap(({ where, tests }) => {
      if (tests.length === 0) return [`${where}: no test`];
      return tests.flatMap(({ path, title }) =>
        existsSync(PROJECT_ROOT + path) && hasTitle(path, title)
          ? []
          : [`${where}: ${path} has no "${title}"`],
      );
    });
    assert.deepEqual(faults, []);
  });

  test('has a line for each section of the two RFCs that the code cites', () => {
    const cited = new Set(
      globSync('src/**/*.ts', { cwd: PROJECT_ROOT }).flatMap((path) =>
        Array.from(
          readFileSync(PROJECT_ROOT + path, 'utf8').matchAll(/RFC(?:9110|9112)§\d+(?:\.\d+)*/g),
          ([section]) => section,
        ),
      ),
    );
    const described = new Set(
      Array.from(text.matchAll(/RFC(?:9110|9112)§\d+(?:\.\d+)*/g), ([section]) => section),
    );
    const isDescribed = (section: string) =>
      described.has(section) || [...described].some((other) => other.startsWith(`${section}.`));
    assert.deepEqual([...cited].filter((section) => !isDescribed(section)).sort(), []);
  });
});
