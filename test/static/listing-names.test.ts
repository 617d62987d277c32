import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readFolder } from '#static/folder-entries.ts';
import { FileOpener } from '#static/open-file.ts';
import { OpenFolder } from '#static/open-folder.ts';
import { inSlices } from '#static/time-slices.ts';
import { folderListed } from '../support/static-answers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Listed {
  readonly entries: readonly { readonly name: string; readonly href: string; readonly size?: number }[];
}

async function namesIn(root: string, path: string, symlinks = false): Promise<string[]> {
  return (await listingOf(root, path, symlinks)).entries.map(({ name }) => name);
}

async function listingOf(root: string, path: string, symlinks = false): Promise<Listed> {
  const ask = folderListed(root, { symlinks });
  const answer = await ask({ path, fields: { accept: 'application/json' } });
  assert.equal(answer?.status, 200);
  return JSON.parse(answer.text ?? '');
}

const ODD_NAMES = [
  '<script>alert(1)<',
  '"quotes" & \'more\'',
  '100%',
  '%2e%2e%2f',
  '#fragment',
  '?query=1&x',
  'scheme:path',
  'javascript:alert(1)',
  'two  spaces ',
  'plus+and;semi,comma=@$!*()~',
  'ünïcödé-日本-🎉',
  '{brace}|^`[x]',
  'right\u202eto-left.txt',
  '</title><img src=x onerror=alert(1)>'.replaceAll('/', '\u2215'),
];

suite('names in a listing', () => {
  const base = temporaryFolder({ 'secret/inside.txt': 'secret', 'secret.txt': 'secret' });
  const root = join(base, 'site');

  test('are escaped in the page, and their links lead to them', async () => {
    const folder = join(root, 'odd');
    mkdirSync(folder, { recursive: true });
    for (const name of ODD_NAMES) {
      mkdirSync(join(folder, `${name}.d`));
      writeFileSync(join(folder, name), name);
    }
    const ask = folderListed(root);
    const { text: page = '' } = (await ask('/odd/'))!;
    const links = [...page.matchAll(/<a dir="auto" href="([^"]*)">([^<]*)<\/a>/g)];
    assert.equal(links.length, 2 * ODD_NAMES.length, 'each entry is one link');
    const contents = [];
    for (const [, href = '', shown = ''] of links) {
      const { pathname, origin, search, hash } = new URL(unescapeHtml(href), 'http://heddle.test/odd/');
      assert.deepEqual([origin, search, hash], ['http://heddle.test', '', '']);
      const answer = await ask(pathname);
      assert.equal(answer?.status, 200, pathname);
      if (!href.endsWith('/')) {
        contents.push(answer?.text);
        assert.equal(unescapeHtml(shown), answer?.text?.replace('\u202e', '\ufffd'));
      }
    }
    assert.deepEqual(contents.sort(), [...ODD_NAMES].sort());
    const { text: deep = '' } = (await ask(`/odd/${encodeURIComponent(`${ODD_NAMES[0]}.d`)}/`))!;
    assert.doesNotMatch(deep, /<script>alert/);
  });

  test('that no request can have are left out: dotfiles, control characters, backslashes', async () => {
    const folder = join(root, 'plain');
    for (const at of [root, folder]) {
      mkdirSync(join(at, '.well-known'), { recursive: true });
      for (const name of ['.env', '.git', 'line\nbreak', 'back\\slash', 'bell\x07', 'x', '...'])
        writeFileSync(join(at, name), '');
    }
    assert.deepEqual(await namesIn(root, '/plain/'), ['x']);
    assert.deepEqual((await namesIn(root, '/')).slice(0, 1), ['.well-known']);
    assert.deepEqual((await namesIn(root, '/')).slice(-1), ['x']);
  });

  test('that are not UTF-8 are left out, also beside one that looks like them', async () => {
    const folder = join(root, 'bytes');
    mkdirSync(folder);
    writeFileSync(join(folder, 'a\ufffd'), '');
    for (const bytes of [
      [0x61, 0xff],
      [0x61, 0xfe],
      [0xc0, 0xaf],
      [0xed, 0xa0, 0x80],
    ])
      writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(bytes)]), '');
    assert.deepEqual(await namesIn(root, '/bytes/'), ['a\ufffd']);
  });
});

suite('what a listing shows', () => {
  const base = temporaryFolder({
    'secret/inside.txt': 'secret',
    'secret.txt': 'secret',
    'site/real/one.txt': 'one',
    'site/real/two.txt': 'two',
  });
  const root = join(base, 'site');

  test('is what a request is given: links inside, and none that lead out, are broken or go in circles', async () => {
    const folder = join(root, 'links');
    mkdirSync(folder);
    const links = {
      'a-file': '../real/one.txt',
      'a-folder': '../real',
      'a-circle': '.',
      out: '../../secret.txt',
      'out-folder': '../../secret',
      'out-absolute': join(base, 'secret'),
      'out-magic': `/proc/self/root${base}/secret`,
      broken: 'nothing',
      itself: 'itself',
      zero: '/dev/zero',
    };
    for (const [name, target] of Object.entries(links)) symlinkSync(target, join(folder, name));
    const { entries } = await listingOf(root, '/links/');
    assert.deepEqual(
      entries.map(({ name, href, size }) => [name, href, size]),
      [
        ['a-circle', 'a-circle/', undefined],
        ['a-folder', 'a-folder/', undefined],
        ['a-file', 'a-file', 3],
      ],
    );
    const ask = folderListed(root);
    for (const name of ['out-folder', 'out-absolute', 'out-magic']) {
      assert.equal((await ask(`/links/${name}/`))?.status, 404, name);
      assert.equal((await ask(`/links/${name}`))?.status, 404, name);
    }
    const followed = await namesIn(root, '/links/', true);
    assert.deepEqual(followed.sort(), [
      'a-circle',
      'a-file',
      'a-folder',
      'out',
      'out-absolute',
      'out-folder',
      'out-magic',
    ]);
    assert.deepEqual(await namesIn(root, '/links/out-folder/', true), ['inside.txt']);
  });

  test('is no device, FIFO or socket, and nothing blocks', async () => {
    const folder = join(root, 'special');
    mkdirSync(folder);
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    symlinkSync('fifo', join(folder, 'link-to-fifo'));
    const server = createServer().listen(join(folder, 'socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    assert.deepEqual(await namesIn(root, '/special/'), []);
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  test('is the folder that was checked, whatever stands in its place while it is read', async () => {
    const opener = new FileOpener(root);
    const folder = opener.openFolder('real');
    assert.ok(folder instanceof OpenFolder);
    renameSync(join(root, 'real'), join(root, 'moved'));
    symlinkSync('../secret', join(root, 'real'));
    const { entries } = await inSlices(readFolder(opener, folder, 'real'));
    folder.close();
    assert.deepEqual(
      entries.map(({ name }) => name),
      ['one.txt', 'two.txt'],
    );
    assert.equal(opener.openFolder('real'), 'missing');
    rmSync(join(root, 'real'));
    renameSync(join(root, 'moved'), join(root, 'real'));
  });

  test('an entry that is replaced by a link while its folder is read is judged as the link', async () => {
    const opener = new FileOpener(root);
    const folder = opener.openFolder('real');
    assert.ok(folder instanceof OpenFolder);
    const reading = readFolder(opener, folder, 'real');
    // Both names are read, nothing is looked at yet.
    for (let step = 0; step < 2; step += 1) reading.next();
    rmSync(join(root, 'real/one.txt'));
    symlinkSync('../../secret.txt', join(root, 'real/one.txt'));
    const { entries } = await inSlices(reading);
    folder.close();
    assert.deepEqual(
      entries.map(({ name }) => name),
      ['two.txt'],
    );
  });

  test('the root may be a link that is replaced', async () => {
    const folder = temporaryFolder({ 'v1/a': '', 'v2/b': '' });
    symlinkSync('v1', join(folder, 'current'));
    const ask = folderListed(join(folder, 'current'));
    assert.ok((await ask('/'))?.text?.includes('href="a"'));
    symlinkSync('v2', join(folder, 'next'));
    renameSync(join(folder, 'next'), join(folder, 'current'));
    assert.ok((await ask('/'))?.text?.includes('href="b"'));
  });

  test('is nothing that this process may not read, and a folder that it may not read is a 403', () => {
    const folder = temporaryFolder({ 'open.txt': '', 'closed.txt': '', 'closed/x': '', 'open/x': '' });
    for (const name of ['closed.txt', 'closed']) chmodSync(join(folder, name), 0);
    chmodSync(folder, 0o755);
    const script = fileURLToPath(new URL('./listing-as-nobody.ts', import.meta.url));
    const { stdout, stderr } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' });
    assert.equal(stderr, '');
    assert.deepEqual(JSON.parse(stdout), { names: ['open', 'open.txt'], closed: 403 });
  });
});

function unescapeHtml(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}
