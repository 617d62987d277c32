import assert from 'node:assert/strict';
import {
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Reply } from '#exchange/reply.ts';
import { FileCache } from '#static/file-cache.ts';
import { FileOpener, type FileSource, MAX_READ_BYTES } from '#static/open-file.ts';
import { createStaticHandler } from '#static/static-handler.ts';
import { fakeRequest } from '../support/fake-request.ts';
import { letLookAgain } from '../support/static-answers.ts';
import { temporaryFolder, writeSettled } from '../support/temporary-folder.ts';

const MIB = 1024 * 1024;

function cacheOf(files: Record<string, string | Uint8Array>, maxBytes = MIB) {
  const root = temporaryFolder(files);
  const cache = new FileCache(new FileOpener(root), maxBytes);
  const at = (name: string): string => join(root, name);
  /** What a request would be sent, or why nothing. */
  const open = (path: string, isPatient = true): string => {
    const file = cache.open(path, isPatient);
    return typeof file === 'string' ? file : textOf(file);
  };
  return { cache, at, open };
}

/** The loopback interface has no speed: a regular file that opens and cannot be read. */
function whyNoSpeed(): string | false {
  return existsSync('/sys/devices/virtual/net/lo/speed')
    ? false
    : 'there is no /sys/devices/virtual/net/lo/speed';
}

function textOf(file: FileSource): string {
  const content = file.content(0, file.version.size);
  file.close();
  return content instanceof Uint8Array ? Buffer.from(content).toString() : 'a descriptor';
}

test('a file is kept, and given out from memory without being opened', () => {
  const { cache, open } = cacheOf({ 'a.txt': 'content' });
  assert.equal(open('a.txt'), 'content');
  assert.equal(cache.bytes, 7);
  const before = readdirSync('/proc/self/fd').length;
  const file = cache.open('a.txt', true);
  assert.ok(typeof file === 'object');
  assert.equal(readdirSync('/proc/self/fd').length, before);
  assert.equal(Buffer.from(file.content(2, 5) as Uint8Array).toString(), 'nte');
});

const changes: [string, (at: (name: string) => string) => void, string][] = [
  ['replaced by renaming', (at) => renameSync(at('b.txt'), at('a.txt')), 'other'],
  ['rewritten in place, its time set back', (at) => writeSettled(at('a.txt'), 'other'), 'other'],
  ['removed', (at) => rmSync(at('a.txt')), 'missing'],
  ['written to just now', (at) => writeFileSync(at('a.txt'), 'other'), 'changing'],
  ['truncated just now', (at) => truncateSync(at('a.txt'), 2), 'changing'],
];
for (const [name, change, expected] of changes) {
  test(`a kept file that is ${name} is ${expected}`, () => {
    // Of the same size and time, so that only inode and the time of the entry tell them apart.
    const { cache, at, open } = cacheOf({ 'a.txt': 'first', 'b.txt': 'other' });
    assert.equal(open('a.txt'), 'first');
    change(at);
    letLookAgain();
    assert.equal(open('a.txt'), expected);
    assert.equal(cache.bytes, expected === 'other' ? 5 : 0);
  });
}

test('whoever cannot wait gets a file that is changing as it stands, and it is not kept', () => {
  const { cache, at, open } = cacheOf({});
  writeFileSync(at('a.txt'), 'now');
  assert.equal(open('a.txt'), 'changing');
  assert.equal(open('a.txt', false), 'now');
  assert.equal(cache.bytes, 0);
});

test('a file whose time is to come counts as settled', () => {
  const { at, open } = cacheOf({ 'a.txt': 'content' });
  utimesSync(at('a.txt'), 4e9, 4e9);
  assert.equal(open('a.txt'), 'content');
});

test('the least recently used files make room', () => {
  const { cache, open } = cacheOf({ a: 'a'.repeat(100), b: 'b'.repeat(100), c: 'c'.repeat(100) }, 400);
  open('a');
  open('b');
  open('c');
  assert.equal(cache.bytes, 300);
  letLookAgain();
  open('a');
  const small = cacheOf({ a: 'a'.repeat(100), b: 'b'.repeat(101) }, 404);
  small.open('b');
  small.open('a');
  assert.equal(small.cache.bytes, 201);
  const tight = cacheOf(
    Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`${at}`, 'x'.repeat(50)])),
    200,
  );
  for (let at = 0; at < 9; at += 1) assert.equal(tight.open(`${at}`).length, 50);
  assert.equal(tight.cache.bytes, 200);
  assert.equal(tight.open('8').length, 50);
});

test('a larger file is kept when it is asked for again, one over a mebibyte never', () => {
  const { cache, open } = cacheOf(
    { large: Buffer.alloc(MAX_READ_BYTES + 1, 'x'), huge: Buffer.alloc(MIB + 1) },
    64 * MIB,
  );
  assert.equal(open('large'), 'a descriptor');
  assert.equal(cache.bytes, 0);
  assert.equal(open('large').length, MAX_READ_BYTES + 1);
  for (let time = 0; time < 3; time += 1) assert.equal(open('huge'), 'a descriptor');
  assert.equal(cache.bytes, MAX_READ_BYTES + 1);
});

test('a file that is kept has memory of its own', () => {
  const { cache } = cacheOf({ a: 'content' });
  const file = cache.open('a', true);
  assert.ok(typeof file === 'object');
  assert.equal((file.content(0, 7) as Uint8Array).buffer.byteLength, 7);
});

test('a file that cannot be read leaves no descriptor open', { skip: whyNoSpeed() }, () => {
  const cache = new FileCache(new FileOpener('/sys/devices/virtual/net/lo'), MIB);
  const before = readdirSync('/proc/self/fd').length;
  assert.throws(() => cache.open('speed', true), { code: 'EINVAL' });
  assert.equal(readdirSync('/proc/self/fd').length, before);
});

test('without memory nothing is kept', () => {
  const { cache, open } = cacheOf({ a: 'content' }, 0);
  assert.equal(open('a'), 'content');
  assert.equal(cache.bytes, 0);
});

test('a request for a file that was written just now is answered once it is left alone', async () => {
  const root = temporaryFolder({});
  const path = join(root, 'a.txt');
  writeFileSync(path, 'half');
  for (const notFoundPage of [true, false]) {
    const handler = createStaticHandler({ root, notFoundPage });
    writeFileSync(path, 'half');
    const answer = handler(fakeRequest({ path: '/a.txt' }));
    assert.ok(answer instanceof Promise);
    writeFileSync(path, 'half and half');
    const { status, body, fields } = (await answer) as Reply;
    assert.deepEqual([status, Buffer.from(body as Uint8Array).toString()], [200, 'half and half']);
    assert.match(fields[fields.indexOf('etag') + 1] ?? '', /^"/, 'a strong tag');
  }
});

test('a file that is written to all the time is sent as it stands, after a while', async () => {
  const root = temporaryFolder({});
  const path = join(root, 'log.txt');
  const write = (): void => writeFileSync(path, 'line');
  write();
  const writing = setInterval(write, 2);
  try {
    const handler = createStaticHandler({ root, notFoundPage: true });
    const { status, fields } = (await handler(fakeRequest({ path: '/log.txt' }))) as Reply;
    assert.equal(status, 200);
    assert.match(fields[fields.indexOf('etag') + 1] ?? '', /^W\//);
  } finally {
    clearInterval(writing);
  }
});
