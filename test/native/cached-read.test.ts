import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readCached } from '#native/cached-read.ts';
import { loadFileCalls } from '#native/file-calls.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const hasCalls = loadFileCalls() !== undefined;

suite('reading what the system has in memory', {
  skip: hasCalls ? false : 'this Node has no node:ffi',
}, () => {
  const path = join(temporaryFolder({}), 'file');
  const content = Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 7) % 251));
  writeFileSync(path, content);
  // Whatever the system does with files that were just written, one that was read is there.
  readFileSync(path);
  const fd = openSync(path, 'r');
  test.after(() => closeSync(fd));

  test('gives the bytes of the place, into a part of a buffer too', () => {
    const whole = Buffer.alloc(6000, 1);
    const into = whole.subarray(100, 1100);
    assert.equal(readCached(fd, into, 1000, 300), 1000);
    assert.deepEqual(into, content.subarray(300, 1300));
    assert.ok(
      whole.subarray(0, 100).every((byte) => byte === 1) && whole.subarray(1100).every((byte) => byte === 1),
    );
  });

  test('ends with the file', () => {
    const into = Buffer.alloc(1000);
    assert.equal(readCached(fd, into, 1000, 4900), 100);
    assert.equal(readCached(fd, into, 1000, 5000), 0);
    assert.equal(readCached(fd, into, 1000, 2 ** 40), 0);
  });

  test('leaves to others what cannot be read: a folder, a descriptor that is none', () => {
    const folder = openSync(temporaryFolder({}), 'r');
    assert.equal(readCached(folder, Buffer.alloc(10), 10, 0), undefined);
    closeSync(folder);
    assert.equal(readCached(-1, Buffer.alloc(10), 10, 0), undefined);
  });

  test('never writes behind a buffer', () => {
    assert.throws(() => readCached(fd, Buffer.alloc(10), 11, 0), RangeError);
  });
});

test('where libc cannot be called nothing is read, and nothing is said', () => {
  const module = fileURLToPath(new URL('../../src/native/cached-read.ts', import.meta.url));
  const script = `import { readCached } from ${JSON.stringify(module)};
    console.log(readCached(0, Buffer.alloc(10), 10, 0));`;
  const flags = process.allowedNodeEnvironmentFlags.has('--experimental-ffi')
    ? ['--no-experimental-ffi']
    : [];
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, '--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  assert.deepEqual([stdout, stderr], ['undefined\n', '']);
});
