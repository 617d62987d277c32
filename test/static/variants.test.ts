import assert from 'node:assert/strict';
import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { folderAlone } from '../support/static-answers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

suite('a file with siblings in other codings (RFC9110§12.5.3)', () => {
  const root = temporaryFolder({
    'app.js': 'as it is',
    'app.js.br': 'by brotli',
    'app.js.zst': 'by zstandard',
    'app.js.gz': 'by gzip',
    'only-gz.css': 'as it is',
    'only-gz.css.gz': 'by gzip',
    'stale.js': 'new',
    'stale.js.gz': 'of an old build',
    'photo.png': 'as it is',
    'photo.png.gz': 'never asked for',
    'index.html': 'page',
    'index.html.br': 'page by brotli',
    'index.html.gz/x': 'a folder',
    'drawing.svgz': 'gzipped',
    '404.html': 'not here',
  });
  utimesSync(join(root, 'stale.js'), 1.6e9, 1.6e9);
  const ask = folderAlone(root);
  const get = (path: string, acceptEncoding?: string, more: Record<string, string> = {}) =>
    ask({
      path,
      fields: { ...(acceptEncoding === undefined ? {} : { 'accept-encoding': acceptEncoding }), ...more },
    });

  const choices: [string, string | undefined, string, string | undefined][] = [
    ['/app.js', undefined, 'as it is', undefined],
    ['/app.js', 'gzip, deflate, br, zstd', 'by brotli', 'br'],
    ['/app.js', 'gzip, zstd', 'by zstandard', 'zstd'],
    ['/app.js', 'gzip', 'by gzip', 'gzip'],
    ['/app.js', 'br;q=0.5, gzip;q=0.8', 'by gzip', 'gzip'],
    ['/app.js', 'br;q=0, *', 'by zstandard', 'zstd'],
    ['/app.js', 'identity, br;q=0.5', 'as it is', undefined],
    ['/app.js', 'identity;q=0', 'as it is', undefined],
    ['/app.js', 'deflate', 'as it is', undefined],
    ['/only-gz.css', 'br, gzip;q=0.1', 'by gzip', 'gzip'],
    ['/only-gz.css', 'br', 'as it is', undefined],
    ['/stale.js', 'gzip', 'new', undefined],
    ['/', 'br', 'page by brotli', 'br'],
    ['/', 'gzip', 'page', undefined],
  ];
  for (const [path, acceptEncoding, text, coding] of choices) {
    test(`${path} with Accept-Encoding: ${acceptEncoding} is sent ${coding ?? 'as it is'}`, () => {
      const answer = get(path, acceptEncoding);
      assert.deepEqual([answer.status, answer.text], [200, text]);
      assert.equal(answer.fields['content-encoding'], coding);
      assert.equal(answer.fields['content-length'], String(text.length));
      assert.equal(answer.fields.vary, 'accept-encoding');
      assert.doesNotMatch(answer.fields['content-type'] ?? '', /brotli|gzip|zstd/);
      const again = get(path, acceptEncoding, { 'if-none-match': answer.fields.etag ?? '' });
      assert.deepEqual([again.status, again.fields.vary], [304, 'accept-encoding']);
    });
  }

  test('codings have tags of their own (RFC9110§8.8.3.3)', () => {
    const tags = ['br', 'zstd', 'gzip', undefined].map((coding) => get('/app.js', coding).fields.etag);
    assert.equal(new Set(tags).size, 4);
    assert.equal(get('/app.js', 'br', { 'if-none-match': tags[3] ?? '' }).status, 200);
  });

  test('a range is of the file itself (RFC9110§14.2)', () => {
    const part = get('/app.js', 'br', { range: 'bytes=3-4' });
    assert.deepEqual([part.status, part.text, part.fields['content-encoding']], [206, 'it', undefined]);
    const tag = get('/app.js', 'br').fields.etag ?? '';
    const other = get('/app.js', 'br', { range: 'bytes=3-4', 'if-range': tag });
    assert.deepEqual([other.status, other.text], [200, 'as it is'], 'of two codings nothing is joined');
  });

  test('what would not get smaller is not negotiated', () => {
    const { text, fields } = get('/photo.png', 'gzip');
    assert.deepEqual([text, fields.vary], ['as it is', undefined]);
  });

  test('an .svgz file says that it is gzipped SVG', () => {
    const { fields } = get('/drawing.svgz');
    assert.equal(fields['content-encoding'], 'gzip');
    assert.match(fields['content-type'] ?? '', /^image\/svg\+xml/);
  });

  test('a sibling asked for by name is a file like any other', () => {
    const { fields, text } = get('/app.js.gz', 'gzip');
    assert.deepEqual([text, fields['content-encoding']], ['by gzip', undefined]);
    assert.equal(fields['content-type'], 'application/gzip');
  });

  test('no descriptor stays open', () => {
    const uncached = folderAlone(root, { fileCacheBytes: 0 });
    const before = readdirSync('/proc/self/fd').length;
    for (const [path, acceptEncoding = ''] of choices) {
      uncached({ path, fields: { 'accept-encoding': acceptEncoding } });
      uncached({ path, method: 'HEAD', fields: { 'accept-encoding': acceptEncoding } });
    }
    assert.equal(readdirSync('/proc/self/fd').length, before);
  });
});
