import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FileOpener, MAX_READ_BYTES, OpenFile } from '#static/open-file.ts';
import { besideApp, folderAlone, letLookAgain } from '../support/static-answers.ts';
import { temporaryFolder, writeSettled } from '../support/temporary-folder.ts';

const RACE = fileURLToPath(new URL('./open-file-race.ts', import.meta.url));

function opened(root: string, path: string): OpenFile {
  const file = new FileOpener(root).open(path);
  assert.ok(file instanceof OpenFile, `${path}: ${String(file)}`);
  return file;
}

suite('the one door to files', () => {
  const base = temporaryFolder({
    'secret.txt': 'the secret',
    'site-secret/secret.txt': 'the secret',
    'site/a.txt': 'inside',
    'site/..data/b.txt': 'mounted',
    'site/big': Buffer.alloc(MAX_READ_BYTES + 1),
    'site/folder/index.html': 'index',
  });
  const root = join(base, 'site');
  const link = (target: string, name: string) => symlinkSync(target, join(root, name));

  test('a link that stays inside is followed', () => {
    link('a.txt', 'to-a');
    link(join(root, 'folder'), 'to-folder');
    assert.equal(folderAlone(root)('/to-a').text, 'inside');
    assert.equal(folderAlone(root)('/to-folder/').text, 'index');
  });

  test('a link into a folder with a dot is followed: Kubernetes mounts files that way', () => {
    link('..data/b.txt', 'b.txt');
    assert.equal(folderAlone(root)('/b.txt').text, 'mounted');
  });

  test('a link that leaves the root is not there', () => {
    link('../secret.txt', 'relative');
    link(join(base, 'secret.txt'), 'absolute');
    link('..', 'up');
    link('../site-secret', 'same-prefix');
    link('/proc/self/root', 'magic');
    link('relative', 'twice');
    const escapes = [
      '/relative',
      '/absolute',
      '/up/secret.txt',
      '/same-prefix/secret.txt',
      '/twice',
      `/magic${base}/secret.txt`,
    ];
    for (const path of escapes) {
      assert.equal(folderAlone(root)(path).status, 404, path);
      assert.equal(besideApp(root)(path), undefined, path);
    }
  });

  test('broken links and circles are not there', () => {
    link('nothing', 'broken');
    link('circle', 'circle');
    for (const path of ['/broken', '/circle', '/circle/a', '/a.txt/', '/a.txt/b', `/${'x'.repeat(300)}`]) {
      assert.equal(folderAlone(root)(path).status, 404, path);
    }
  });

  test('a root that is a link may be replaced while the site is served', () => {
    const site = temporaryFolder({ 'v1/x': 'one', 'v2/x': 'two', 'other/x': 'other' });
    symlinkSync('v1', join(site, 'current'));
    const ask = folderAlone(join(site, 'current'));
    assert.equal(ask('/x').text, 'one');
    symlinkSync('v2', join(site, 'next'));
    renameSync(join(site, 'next'), join(site, 'current'));
    letLookAgain();
    assert.equal(ask('/x').text, 'two');
    symlinkSync('../other/x', join(site, 'v2/out'));
    assert.equal(ask('/out').status, 404);
  });

  test('a device, a FIFO and a socket are not there', { skip: process.platform === 'win32' }, async () => {
    execFileSync('mkfifo', [join(root, 'fifo')]);
    link('/dev/zero', 'zero');
    const server = createServer().listen(join(root, 'socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    for (const name of ['/fifo', '/zero', '/socket']) assert.equal(folderAlone(root)(name).status, 404, name);
    await new Promise((resolve) => server.close(resolve));
    rmSync(join(root, 'fifo'));
  });

  test('what was opened is judged, not what stood there a moment before; nothing blocks', () => {
    // In a process of its own: a thread that waits for a FIFO could not be ended by this one.
    const race = spawnSync(process.execPath, [RACE], { timeout: 30_000, encoding: 'utf8' });
    assert.equal(race.signal, null, 'opening blocked');
    assert.equal(race.stderr, '');
    const { sent, secrets, descriptors } = JSON.parse(race.stdout);
    assert.ok(sent > 0, 'the race was run');
    assert.equal(secrets, 0);
    assert.equal(descriptors, 0, 'descriptors are left open');
  });

  test('a file this process may not read is forbidden to a client and left to an app', () => {
    writeSettled(join(root, 'private'), 'private');
    mkdirSync(join(root, 'closed'));
    writeSettled(join(root, 'closed/x'), 'private');
    chmodSync(base, 0o755);
    chmodSync(join(root, 'private'), 0o000);
    chmodSync(join(root, 'closed'), 0o000);
    const statuses = withoutRootRights(() =>
      ['/private', '/closed/x', '/closed/'].map((path) => folderAlone(root)(path).status),
    );
    assert.deepEqual(statuses, [403, 403, 403]);
    assert.equal(
      withoutRootRights(() => besideApp(root)('/private')),
      undefined,
    );
    assert.equal(
      withoutRootRights(() => folderAlone(root)('/a.txt').text),
      'inside',
      'rights dropped after the start leave /proc readable',
    );
  });

  test('a file that became shorter since it was opened has no content', () => {
    writeFileSync(join(root, 'shrinking'), 'a long text');
    const file = opened(root, 'shrinking');
    truncateSync(join(root, 'shrinking'), 3);
    assert.equal(file.content(0, file.version.size), undefined);
    file.close();
  });

  test('a file that became longer is sent at the length it had', () => {
    writeFileSync(join(root, 'growing'), 'abc');
    const file = opened(root, 'growing');
    writeFileSync(join(root, 'growing'), 'abcdef');
    assert.equal(String(file.content(0, file.version.size)), 'abc');
    file.close();
  });

  test('closing twice closes once', { skip: !existsSync('/proc/self/fd') }, () => {
    const file = opened(root, 'a.txt');
    file.close();
    const other = opened(root, 'a.txt');
    file.close();
    assert.equal(String(other.content(0, 6)), 'inside');
    other.close();
  });

  test('every answer gives its descriptor back', { skip: !existsSync('/proc/self/fd') }, () => {
    const alone = folderAlone(root);
    const app = besideApp(root);
    const before = readdirSync('/proc/self/fd').length;
    const paths = ['/a.txt', '/big', '/folder', '/folder/', '/nothing', '/relative', '/zero', '/..'];
    const fields = [
      {},
      { range: 'bytes=1-2' },
      { range: 'bytes=999999-' },
      { 'if-none-match': '*' },
      { 'if-match': '"x"' },
    ];
    for (const path of paths) {
      for (const method of ['GET', 'HEAD', 'POST']) {
        for (const field of fields) {
          alone({ method, path, fields: field });
          app({ method, path, fields: field });
        }
      }
    }
    assert.equal(readdirSync('/proc/self/fd').length, before);
  });
});

/** Root may read everything; what is asserted here holds for anybody else. */
function withoutRootRights<T>(action: () => T): T {
  if (process.geteuid?.() !== 0) return action();
  process.seteuid?.(65_534);
  try {
    return action();
  } finally {
    process.seteuid?.(0);
  }
}
