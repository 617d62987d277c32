import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MEBIBYTE = 1_048_576;
const UPLOAD_MEBIBYTES = 200;
/** How much more of the machine's memory the upload may take than the server had before it. */
const MOST_MEBIBYTES = 96;

/** So many mebibytes, each of them another, and their digest. */
function content(mebibytes: number): { stream: ReadableStream<Uint8Array>; digest: Promise<string> } {
  const digest = Promise.withResolvers<string>();
  const hash = createHash('sha256');
  const part = randomBytes(MEBIBYTE);
  let count = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      part.writeUInt32BE(count);
      hash.update(part);
      controller.enqueue(Uint8Array.from(part));
      count += 1;
      if (count < mebibytes) return;
      controller.close();
      digest.resolve(hash.digest('hex'));
    },
  });
  return { stream, digest: digest.promise };
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** A figure of a process in MiB, as Linux keeps it: `VmRSS`, and `VmHWM`, the most it was. */
function memoryOf(pid: number, name: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
}

test(`an upload of ${UPLOAD_MEBIBYTES} MiB goes to a file whole, with at most ${MOST_MEBIBYTES} MiB of memory`, {
  skip: existsSync('/proc/self/clear_refs')
    ? false
    : 'no /proc here that tells how much memory a process took',
}, async (t) => {
  const path = `${temporaryFolder({})}/upload`;
  await using heddle = await spawnHeddle(
    ['test/system/fixtures/streams.ts', '-t', '2', '--idle-grace', '0'],
    {
      env: { UPLOAD_TO: path },
    },
  );
  const upload = async (mebibytes: number): Promise<void> => {
    const { stream, digest } = content(mebibytes);
    const init = { method: 'POST', body: stream, duplex: 'half' } as RequestInit;
    const reply = await fetch(`${heddle.url}upload`, init);
    assert.deepEqual(await reply.json(), { size: mebibytes * MEBIBYTE });
    assert.equal(await digestOf(path), await digest);
  };
  // What is compiled and allocated once is there before it is measured.
  await upload(8);
  writeFileSync(`/proc/${heddle.pid}/clear_refs`, '5');
  const before = memoryOf(heddle.pid, 'VmRSS');
  await upload(UPLOAD_MEBIBYTES);
  const more = memoryOf(heddle.pid, 'VmHWM') - before;
  t.diagnostic(`${before.toFixed(0)} MiB before, at most ${more.toFixed(1)} MiB more`);
  assert.ok(more < MOST_MEBIBYTES, `${more} MiB more than ${before}`);
  assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
});
