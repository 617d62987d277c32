import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { isFileBody } from '#exchange/reply.ts';
import { fileReply } from '#static/file-reply.ts';
import { TraitTable } from '#static/file-traits.ts';
import { FileOpener, type FileSource, type FileVersion, MAX_READ_BYTES } from '#static/open-file.ts';
import { fakeRequest } from '../support/fake-request.ts';
import { folderAlone } from '../support/static-answers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const TEXT = '0123456789';
const MODIFIED = 'Sun, 06 Nov 1994 08:49:37 GMT';
const MODIFIED_MS = Date.UTC(1994, 10, 6, 8, 49, 37);
const traits = new TraitTable([]);

suite('the answer with a file', () => {
  const root = temporaryFolder({
    'a.txt': TEXT,
    'empty.css': '',
    limit: Buffer.alloc(MAX_READ_BYTES, 'x'),
    'large.bin': Buffer.alloc(MAX_READ_BYTES + 10, 'x'),
  });
  // Settled: the tag of a fresh file is weak for a moment, and another in the next answer.
  for (const name of ['a.txt', 'empty.css', 'limit', 'large.bin']) {
    utimesSync(join(root, name), MODIFIED_MS / 1000, MODIFIED_MS / 1000);
  }
  const ask = folderAlone(root, { fileCacheBytes: 0 });
  const get = (fields: Record<string, string>, path = '/a.txt') => ask({ path, fields });
  const { etag = '' } = ask('/a.txt').fields;

  test('has type, length, validators, and leave to ask again', () => {
    assert.deepEqual(ask('/a.txt'), {
      status: 200,
      fields: {
        'cache-control': 'no-cache',
        etag,
        vary: 'accept-encoding',
        'last-modified': MODIFIED,
        'accept-ranges': 'bytes',
        'content-type': 'text/plain;charset=utf-8',
        'content-length': '10',
      },
      text: TEXT,
      fromDescriptor: false,
    });
  });

  test('to HEAD has the fields of GET and no content (RFC9110§9.3.2)', () => {
    for (const path of ['/a.txt', '/empty.css', '/large.bin']) {
      const { status, fields, text } = ask({ method: 'HEAD', path });
      assert.deepEqual({ status, fields }, { status: 200, fields: ask(path).fields });
      assert.equal(text, undefined);
    }
  });

  test('of up to 64 KiB is bytes, of more a descriptor', () => {
    assert.equal(ask('/limit').fromDescriptor, false);
    const large = ask('/large.bin');
    assert.equal(large.fromDescriptor, true);
    assert.equal(large.text, 'x'.repeat(MAX_READ_BYTES + 10));
    assert.equal(large.fields['content-length'], `${MAX_READ_BYTES + 10}`);
  });

  test('gives the descriptor back once it is released', () => {
    const file = new FileOpener(root).open('large.bin');
    assert.ok(typeof file === 'object');
    const { body } = fileReply(
      fakeRequest(),
      { file, relativePath: 'large.bin', traits: traits.of('large.bin'), vary: '' },
      MODIFIED_MS,
    );
    assert.ok(isFileBody(body));
    body.release();
    assert.throws(() => file.content(0, 1), { code: 'EBADF' });
  });

  test('of an empty file is empty', () => {
    const { status, fields, text } = ask('/empty.css');
    assert.deepEqual([status, fields['content-length'], text], [200, '0', '']);
  });

  test('is 304 for the current tag or date, with the fields of RFC9110§15.4.5', () => {
    const conditions = [
      { 'if-none-match': etag },
      { 'if-none-match': `W/${etag}` },
      { 'if-modified-since': MODIFIED },
    ];
    for (const fields of conditions) {
      assert.deepEqual(get(fields), {
        status: 304,
        fields: { 'cache-control': 'no-cache', etag, vary: 'accept-encoding' },
        text: undefined,
        fromDescriptor: false,
      });
    }
  });

  test('is the file as it is, whatever the client would rather have (RFC9110§12.4.1, RFC9110§12.5.3)', () => {
    const plain = ask('/a.txt');
    for (const fields of [
      { accept: 'image/png' },
      { 'accept-encoding': 'br, gzip;q=0.5' },
      { 'accept-encoding': '' },
      { 'accept-language': 'da' },
      { 'content-range': 'bytes 0-1/10' },
      { from: 'somebody@heddle.test' },
    ]) {
      assert.deepEqual(get(fields as Record<string, string>), plain);
    }
  });

  test('is 412 where it is newer than the client thinks (RFC9110§13.1.4)', () => {
    assert.equal(get({ 'if-unmodified-since': 'Sun, 06 Nov 1994 08:49:36 GMT' }).status, 412);
    assert.equal(get({ 'if-unmodified-since': MODIFIED }).status, 200);
  });

  test('is 412 where the client expects another state (RFC9110§13.1.1)', () => {
    assert.equal(get({ 'if-match': '"other"' }).status, 412);
    assert.equal(get({ 'if-match': etag }).status, 200);
  });

  const parts: [string, string, string][] = [
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-2', '89', 'bytes 8-9/10'],
    ['bytes=0-99', TEXT, 'bytes 0-9/10'],
    ['bytes=3-3,50-', '3', 'bytes 3-3/10'],
  ];
  for (const [range, text, contentRange] of parts) {
    test(`to "Range: ${range}" is 206 with ${contentRange} (RFC9110§15.3.7)`, () => {
      const part = get({ range });
      assert.deepEqual([part.status, part.text], [206, text]);
      assert.deepEqual(part.fields, {
        ...ask('/a.txt').fields,
        'content-range': contentRange,
        'content-length': `${text.length}`,
      });
    });
  }

  test('to a range without a byte in the file is 416 with the length (RFC9110§15.5.17)', () => {
    const { status, fields, text } = get({ range: 'bytes=10-' });
    assert.deepEqual([status, fields['content-range']], [416, 'bytes */10']);
    assert.ok(!text?.includes('0123'));
  });

  test('to a Range that is none is the whole (RFC9110§14.2)', () => {
    for (const range of ['lines=0-1', 'bytes=4-2', 'bytes']) {
      const { status, text, fields } = get({ range });
      assert.deepEqual([status, text, fields['content-range']], [200, TEXT, undefined], range);
    }
  });

  test('to a range of a large file is that part of the descriptor', () => {
    const wide = get({ range: `bytes=1-${MAX_READ_BYTES + 1}` }, '/large.bin');
    assert.deepEqual([wide.status, wide.fromDescriptor, wide.text?.length], [206, true, MAX_READ_BYTES + 1]);
    assert.equal(wide.fields['content-length'], `${MAX_READ_BYTES + 1}`);
    assert.equal(get({ range: 'bytes=1-5' }, '/large.bin').fromDescriptor, false);
  });

  test('to HEAD ignores Range (RFC9110§14.2)', () => {
    const { status, fields } = ask({ method: 'HEAD', path: '/a.txt', fields: { range: 'bytes=0-1' } });
    assert.deepEqual([status, fields['content-length'], fields['content-range']], [200, '10', undefined]);
  });

  test('to If-Range is a part only of the very same state (RFC9110§13.1.5)', () => {
    const range = 'bytes=0-1';
    for (const ifRange of [etag, MODIFIED]) assert.equal(get({ range, 'if-range': ifRange }).text, '01');
    for (const ifRange of ['"other"', `W/${etag}`, 'Sun, 06 Nov 1994 08:49:38 GMT']) {
      assert.equal(get({ range, 'if-range': ifRange }).text, TEXT, ifRange);
    }
  });

  test('has another tag after any change, even of the same size and second', () => {
    const path = join(root, 'changing');
    const tags = new Set<string | undefined>();
    for (const nanoseconds of [0.1, 0.2]) {
      writeFileSync(path, `${nanoseconds}`);
      utimesSync(path, 1000 + nanoseconds, 1000 + nanoseconds);
      tags.add(ask('/changing').fields.etag);
    }
    assert.equal(tags.size, 2);
  });

  test('has another tag than one that had its inode, size and time before it', () => {
    const tagOf = (ctimeNs: bigint): string | undefined => {
      const file: FileSource = {
        version: { ...version(1000n), ctimeNs },
        length: 10,
        content: () => new Uint8Array(10),
        isUnchanged: () => true,
        close: () => {},
      };
      const { fields } = fileReply(
        fakeRequest(),
        { file, relativePath: 'a', traits: traits.of('a'), vary: '' },
        MODIFIED_MS,
      );
      return fields[fields.indexOf('etag') + 1];
    };
    assert.equal(new Set([1000n, 1001n, 999n].map(tagOf)).size, 3);
  });

  test('that shrank since it was opened is 503, not old memory', () => {
    const shrunk: FileSource = {
      version: version(0n),
      length: 10,
      content: () => undefined,
      isUnchanged: () => true,
      close: () => {},
    };
    assert.equal(
      fileReply(fakeRequest(), { file: shrunk, relativePath: 'a', traits: traits.of('a'), vary: '' }, 0)
        .status,
      503,
    );
    assert.equal(
      fileReply(
        fakeRequest({ fields: { range: 'bytes=0-1' } }),
        { file: shrunk, relativePath: 'a', traits: traits.of('a'), vary: '' },
        0,
      ).status,
      503,
    );
  });
});

suite('the validators of a file', () => {
  const fieldsAt = (mtimeNs: bigint, nowMs: number) => {
    const source: FileSource = {
      version: version(mtimeNs),
      length: 10,
      content: () => new Uint8Array(10),
      isUnchanged: () => true,
      close: () => {},
    };
    const { fields } = fileReply(
      fakeRequest(),
      { file: source, relativePath: 'a', traits: traits.of('a'), vary: '' },
      nowMs,
    );
    const value = (name: string) => fields[fields.indexOf(name) + 1] ?? '';
    const date = fields.includes('date') ? value('date') : undefined;
    return { etag: value('etag'), lastModified: value('last-modified'), date };
  };
  const SECOND_NS = 1_000_000_000n;
  const at = (seconds: bigint, nanoseconds: bigint) => seconds * SECOND_NS + nanoseconds;

  test('are weak while a second write could leave the same time behind (RFC9110§8.8.1)', () => {
    assert.match(fieldsAt(at(100n, 5_000_000n), 100_024).etag, /^W\/"/);
    assert.match(fieldsAt(at(100n, 5_000_000n), 100_025).etag, /^"/);
    assert.match(fieldsAt(at(100n, 0n), 101_999).etag, /^W\/"/);
    assert.match(fieldsAt(at(100n, 0n), 102_000).etag, /^"/);
    assert.match(fieldsAt(at(500n, 1n), 100_000).etag, /^W\/"/);
  });

  test('of the present second or later bring the Date that they are held to (RFC9110§8.8.2.1)', () => {
    for (const seconds of [100n, 500n]) {
      const { lastModified, date } = fieldsAt(at(seconds, 5n), 100_999);
      assert.equal(lastModified, 'Thu, 01 Jan 1970 00:01:40 GMT');
      assert.equal(date, lastModified);
    }
    assert.equal(fieldsAt(at(99n, 999_000_000n), 100_000).date, undefined);
  });

  test('keep the same characters when they become strong, so that a revalidation still matches', () => {
    const young = fieldsAt(at(100n, 1n), 100_000).etag;
    assert.equal(young, `W/${fieldsAt(at(100n, 1n), 200_000).etag}`);
  });

  test('never name a time to come (RFC9110§8.8.2.1), nor one before 1970', () => {
    assert.equal(fieldsAt(at(500n, 0n), 100_999).lastModified, 'Thu, 01 Jan 1970 00:01:40 GMT');
    assert.equal(fieldsAt(-at(500n, 1n), 100_000).lastModified, 'Thu, 01 Jan 1970 00:00:00 GMT');
    assert.equal(fieldsAt(at(500n, 999_999_999n), 900_000).lastModified, 'Thu, 01 Jan 1970 00:08:20 GMT');
  });
});

function version(mtimeNs: bigint): FileVersion {
  return { device: 1n, inode: 1n, size: 10, mtimeNs, ctimeNs: mtimeNs };
}
