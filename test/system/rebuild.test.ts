import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Puts versions of a file in place by renaming, as a build that is careful does; all of one size and time. */
const REBUILD = `
  import { renameSync, utimesSync, writeFileSync } from 'node:fs';
  const [, path] = process.argv;
  for (let version = 1; version <= 25; version += 1) {
    writeFileSync(path + '.new', String.fromCharCode(97 + version).repeat(40_000));
    utimesSync(path + '.new', 1e9, 1e9);
    renameSync(path + '.new', path);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }`;

test('a site that is rebuilt under load is served in whole files, old or new, and at once the new one', async () => {
  const root = temporaryFolder({ 'bundle.js': 'a'.repeat(40_000) });
  await using heddle = await spawnHeddle([root, '--threads', '2']);
  const url = new URL('bundle.js', heddle.url);
  const rebuild = spawn(process.execPath, [
    ...['--input-type=module', '--eval', REBUILD, join(root, 'bundle.js')],
  ]);
  const rebuilt = once(rebuild, 'exit');
  let isBuilding = true;
  void rebuilt.then(() => {
    isBuilding = false;
  });
  const versions = new Set<string>();
  const read = async (): Promise<void> => {
    while (isBuilding) {
      const text = await (await fetch(url)).text();
      assert.ok(
        text === text.charAt(0).repeat(40_000),
        `${text.length} characters, ${new Set(text).size} kinds`,
      );
      versions.add(text.charAt(0));
    }
  };
  await Promise.all(Array.from({ length: 8 }, read));
  assert.deepEqual(await rebuilt, [0, null]);
  assert.ok(versions.size > 1, `${versions.size} versions were seen`);
  assert.ok((await (await fetch(url)).text()) === 'z'.repeat(40_000), 'the last version');
});

test('a large file that is written to while it is sent breaks off, and the log says why', async () => {
  const root = temporaryFolder({ 'large.bin': Buffer.alloc(64 * 1024 * 1024, 'a') });
  await using heddle = await spawnHeddle([root, '--threads', '1']);
  const answer = await fetch(new URL('large.bin', heddle.url));
  const reader = answer.body?.getReader();
  await reader?.read();
  // More of it is to come than any buffer on the way holds.
  const fd = openSync(join(root, 'large.bin'), 'r+');
  writeSync(fd, 'b', 0);
  closeSync(fd);
  await assert.rejects(async () => {
    while (!(await reader?.read())?.done);
  });
  await heddle.waitForOutput(/was written to while it was sent/);
});

test('a large file that another is renamed over is sent to its end', async () => {
  const size = 64 * 1024 * 1024;
  const root = temporaryFolder({ 'large.bin': Buffer.alloc(size, 'a'), new: Buffer.alloc(size, 'b') });
  await using heddle = await spawnHeddle([root, '--threads', '1']);
  const answer = await fetch(new URL('large.bin', heddle.url));
  renameSync(join(root, 'new'), join(root, 'large.bin'));
  const bytes = Buffer.from(await answer.arrayBuffer());
  assert.ok(bytes.equals(Buffer.alloc(size, 'a')), 'all of the old one');
});
