import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { besideApp, folderAlone } from '../support/static-answers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SECRET = 'the secret';

const DOTS = [
  ...['..', '%2e%2e', '%2E.', '.%2e', '%252e%252e', '%c0%ae%c0%ae', '%e0%80%ae%e0%80%ae', '%uff0e%uff0e'],
  ...[
    '%ef%bc%8e%ef%bc%8e',
    '...',
    '....',
    '..;',
    '..%20',
    '..%00',
    '..%09',
    '..%0d%0a',
    '%2e%2e;x=y',
    '.%00.',
  ],
];
const SEPARATORS = [
  '/',
  '//',
  '/./',
  '%2f',
  '%2F',
  '\\',
  '%5c',
  '%5C',
  '%252f',
  '%c0%af',
  '%e0%80%af',
  '/%2f',
  ';/',
];
const STARTS = ['/', '//', '/sub/', '/sub/page.html/', '/.well-known/', '/nowhere/', '/%2f', '/\\'];
const ENDS = ['secret.txt', 'secret.txt?x', 'site-secret/secret.txt', 'secret.txt%00.html', 'site/.env'];

/** Every start, climbs of one to three steps by every spelling of dots and separator, every end. */
function climbs(): string[] {
  const paths: string[] = [];
  for (const dots of DOTS) {
    for (const separator of SEPARATORS) {
      for (const start of STARTS) {
        const depth = 1 + (paths.length % 3);
        for (const end of ENDS) paths.push(start + (dots + separator).repeat(depth) + end);
      }
    }
  }
  return paths;
}

const DIRECT = [
  ...[
    '/.env',
    '/%2eenv',
    '/sub/../.env',
    '/.env/',
    '//.env',
    '/.git/config',
    '/%2egit/config',
    '/sub/%2e%2e/.env',
  ],
  ...['/.env%00.html', '/.env?x', '/.env;x', '/.well-known/../.env', '/.well-known/%2e%2e/.env', '/./.env'],
];

suite('a secret beside and inside the root', () => {
  const base = temporaryFolder({
    'secret.txt': SECRET,
    'site-secret/secret.txt': SECRET,
    'site/.env': SECRET,
    'site/.git/config': SECRET,
    'site/index.html': 'home',
    'site/404.html': 'not here',
    'site/sub/page.html': 'page',
    'site/.well-known/security.txt': 'public',
  });
  const root = join(base, 'site');
  const paths = [...climbs(), ...DIRECT];

  test('is what the attacks below would reach in a server that only joins paths', () => {
    const reached = paths.filter((path) => {
      try {
        return readFileSync(join(root, decodeURIComponent(path.replace(/\?.*/, '')))).includes(SECRET);
      } catch {
        return false;
      }
    });
    assert.ok(paths.length > 5000 && reached.length > 150, `${reached.length} of ${paths.length}`);
  });

  test('is not sent by a folder alone, which answers 400 or 404 and redirects nowhere else', () => {
    const ask = folderAlone(root);
    for (const path of paths) {
      const { status, text, fields } = ask(path);
      assert.ok(!text?.includes(SECRET), path);
      assert.ok(status === 400 || status === 404, `${path}: ${status}`);
      assert.equal(fields.location, undefined, path);
    }
  });

  test('is not sent beside an app, which gets every one of those requests', () => {
    const ask = besideApp(root);
    for (const path of paths) assert.equal(ask(path), undefined, path);
  });

  test('does not hide /.well-known/, which is public by definition (RFC8615§3)', () => {
    assert.equal(folderAlone(root)('/.well-known/security.txt').text, 'public');
  });
});
