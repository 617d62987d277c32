import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const PAGES = globSync(
  ['*.md', 'docs/**/*.md', 'src/**/*.md', 'bench/*.md', 'fuzz/*.md', 'examples/**/*.md'],
  {
    cwd: ROOT,
  },
).filter((page) => !page.includes('node_modules'));

/** As GitHub makes them of headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Without what stands in fences. */
function proseOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8').replace(/^```.*?^```/gms, '');
}

suite('the documentation', () => {
  test('has no link that leads nowhere', () => {
    const broken = PAGES.flatMap((page) =>
      [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
        if (/^[a-z]+:/.test(target)) return [];
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? join(ROOT, page) : join(ROOT, dirname(page), path);
        if (!existsSync(file)) return [`${page}: ${target}`];
        const isHere = anchor === undefined || anchorsOf(readFileSync(file, 'utf8')).includes(anchor);
        return isHere ? [] : [`${page}: ${target}`];
      }),
    );
    assert.deepEqual(broken, []);
  });

  test('names no source file that is not there', () => {
    const missing = PAGES.flatMap((page) =>
      [...proseOf(page).matchAll(/`(src\/[\w./-]+\.ts)`/g)]
        .filter(([, path = '']) => !existsSync(join(ROOT, path)))
        .map(([, path]) => `${page}: ${path}`),
    );
    assert.deepEqual(missing, []);
  });

  test('is found from its first page', () => {
    const first = readFileSync(join(ROOT, 'docs/README.md'), 'utf8');
    const lost = PAGES.filter((page) => /^docs\/[^/]+\.md$/.test(page))
      .map((page) => page.slice('docs/'.length))
      .filter((page) => page !== 'README.md' && !first.includes(`(${page})`));
    assert.deepEqual(lost, []);
  });
});
