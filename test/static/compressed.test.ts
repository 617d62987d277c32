import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { ContentCoding } from '#semantics/content-coding.ts';
import { compressContent } from '#static/compress-job.ts';
import type { CompressedContents } from '#static/compressed-contents.ts';
import { folderAlone, letLookAgain } from '../support/static-answers.ts';
import { temporaryFolder, writeSettled } from '../support/temporary-folder.ts';

const DECODERS = { br: brotliDecompressSync, zstd: zstdDecompressSync, gzip: gunzipSync } as const;
const TEXT = 'one line of many\n'.repeat(200);

for (const coding of ['br', 'zstd', 'gzip'] as const) {
  test(`content compressed by ${coding} is the same again, in shared memory, and smaller`, () => {
    const shared = compressContent(Buffer.from(TEXT), coding);
    assert.ok(shared instanceof SharedArrayBuffer);
    assert.ok(shared.byteLength < 200, `${shared.byteLength} bytes`);
    assert.equal(DECODERS[coding](Buffer.from(new Uint8Array(shared))).toString(), TEXT);
  });

  test(`content that ${coding} makes no smaller is not worth it`, () => {
    assert.equal(compressContent(randomBytes(5000), coding).byteLength, 0);
  });
}

/** Remembers what was asked for, and has what it is given. */
class FakeContents implements CompressedContents {
  readonly kept = new Map<string, Uint8Array | 'worthless'>();
  readonly wanted = new Map<string, { coding: ContentCoding; read: () => Uint8Array | undefined }>();

  have(key: string): Uint8Array | 'worthless' | undefined {
    return this.kept.get(key);
  }

  want(key: string, coding: ContentCoding, read: () => Uint8Array | undefined): void {
    this.wanted.set(key, { coding, read });
  }

  /** The one thing that is wanted. */
  get only(): { key: string; coding: ContentCoding; read: () => Uint8Array | undefined } {
    assert.equal(this.wanted.size, 1);
    const [[key, wanted] = assert.fail()] = this.wanted;
    return { key, ...wanted };
  }
}

suite('a file that gets smaller', () => {
  const scene = (files: Record<string, string | Uint8Array> = { 'a.txt': TEXT }) => {
    const root = temporaryFolder(files);
    const contents = new FakeContents();
    const ask = folderAlone(root, { compressed: contents });
    const get = (acceptEncoding: string, more: Record<string, string> = {}, path = '/a.txt') =>
      ask({ path, fields: { 'accept-encoding': acceptEncoding, ...more } });
    return { root, contents, get };
  };

  test('goes out as it is, and is wanted in the coding that the client likes best', () => {
    const { contents, get } = scene();
    const first = get('gzip;q=0.5, zstd');
    assert.deepEqual(
      [first.text, first.fields['content-encoding'], first.fields.vary],
      [TEXT, undefined, 'accept-encoding'],
    );
    const { coding, read } = contents.only;
    assert.equal(coding, 'zstd');
    assert.equal(Buffer.from(read() ?? []).toString(), TEXT);
  });

  test('goes out compressed once that is there, with a weak tag of its own, HEAD and 304 alike', () => {
    const { contents, get } = scene();
    const { etag } = get('identity').fields;
    get('br');
    contents.kept.set(contents.only.key, Buffer.from('smaller'));
    const { text, fields } = get('br');
    assert.deepEqual([text, fields['content-encoding'], fields['content-length']], ['smaller', 'br', '7']);
    assert.equal(fields.etag, `W/${etag?.replace(/"$/, '-br"')}`);
    assert.equal(get('br', { 'if-none-match': fields.etag ?? '' }).status, 304);
    assert.equal(get('br', { 'if-none-match': etag ?? '' }).status, 200);
    assert.equal(get('gzip').text, TEXT, 'another coding is another content');
  });

  test('that a client has compressed is a 304 before it is compressed anew', () => {
    const { contents, get } = scene();
    const tag = `W/${get('identity').fields.etag?.replace(/"$/, '-br"')}`;
    assert.equal(get('br', { 'if-none-match': tag }).status, 304);
    assert.equal(contents.only.coding, 'br');
    assert.equal(get('gzip', { 'if-none-match': tag }).status, 200);
  });

  test('is not wanted for a range, nor by who takes no coding or likes none better', () => {
    const { contents, get } = scene();
    assert.equal(get('br', { range: 'bytes=0-3' }).text, 'one ');
    for (const value of ['', 'identity', 'br;q=0', 'identity, br;q=0.9', 'deflate']) get(value);
    assert.equal(contents.wanted.size, 0);
  });

  test('is wanted where identity is refused, too', () => {
    const { contents, get } = scene();
    assert.equal(get('gzip, identity;q=0').text, TEXT);
    assert.equal(contents.only.coding, 'gzip');
  });

  test('but did not is no longer asked about', () => {
    const { contents, get } = scene();
    get('br');
    const { key } = contents.only;
    contents.kept.set(key, 'worthless');
    contents.wanted.clear();
    assert.equal(get('br').text, TEXT);
    assert.equal(contents.wanted.size, 0);
  });

  test('has a sibling in another coding that is accepted: that is sent, and nothing compressed', () => {
    const { contents, get } = scene({ 'a.txt': TEXT, 'a.txt.gz': 'by gzip' });
    assert.equal(get('br, gzip;q=0.1').text, 'by gzip');
    assert.equal(contents.wanted.size, 0);
  });

  test('and has changed since it was wanted is not read', () => {
    const { root, contents, get } = scene();
    get('br');
    writeSettled(join(root, 'a.txt'), 'another');
    letLookAgain();
    assert.equal(contents.only.read(), undefined);
  });

  test('is neither short, nor very long, nor of a kind that is compressed already', () => {
    const { contents, get } = scene({
      'short.txt': 'x'.repeat(1023),
      'long.txt': Buffer.alloc(4 * 1024 * 1024 + 1, 'x'),
      'photo.jpg': 'x'.repeat(5000),
      'large.txt': Buffer.alloc(2 * 1024 * 1024, 'x'),
    });
    for (const name of ['short.txt', 'long.txt', 'photo.jpg']) get('br', {}, `/${name}`);
    assert.equal(contents.wanted.size, 0);
    get('br', {}, '/large.txt');
    assert.equal(contents.only.read()?.length, 2 * 1024 * 1024, 'also one that is not kept in memory');
  });
});
