import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { brotliDecompressSync } from 'node:zlib';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder, writeSettled } from '../support/temporary-folder.ts';

interface Got {
  readonly coding: string | undefined;
  readonly bytes: Buffer;
}

/** By a client that decodes nothing. */
function get(url: URL): Promise<Got> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { 'accept-encoding': 'br' } }, async (answer) => {
      const parts: Buffer[] = [];
      for await (const part of answer) parts.push(part);
      resolve({ coding: answer.headers['content-encoding'], bytes: Buffer.concat(parts) });
    })
      .on('error', reject)
      .end();
  });
}

async function untilCompressed(url: URL, expected: string): Promise<void> {
  for (;;) {
    const { coding, bytes } = await get(url);
    const content = coding === 'br' ? brotliDecompressSync(bytes) : bytes;
    assert.ok(content.toString() === expected, 'the content, in either form');
    if (coding === 'br') return;
  }
}

test('text is compressed on the pool while it goes out as it is, and anew when the file is another', async () => {
  const root = temporaryFolder({ 'a.txt': 'first '.repeat(1000) });
  await using heddle = await spawnHeddle([root, '--threads', '2']);
  const url = new URL('a.txt', heddle.url);
  assert.equal((await get(url)).coding, undefined);
  await untilCompressed(url, 'first '.repeat(1000));
  writeSettled(join(root, 'new'), 'other '.repeat(1000));
  renameSync(join(root, 'new'), join(root, 'a.txt'));
  await untilCompressed(url, 'other '.repeat(1000));
  assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
});

test('--compress-cache 0 leaves it as it is', async () => {
  const root = temporaryFolder({ 'a.txt': 'first '.repeat(1000) });
  await using heddle = await spawnHeddle([root, '--threads', '1', '--compress-cache', '0']);
  for (let time = 0; time < 20; time += 1) {
    assert.equal((await get(new URL('a.txt', heddle.url))).coding, undefined);
  }
});
