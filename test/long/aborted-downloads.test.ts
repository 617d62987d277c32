import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const DOWNLOADS = 10_000;
const AT_A_TIME = 100;
const FILE_BYTES = 64 * 1024 * 1024;
const MIB = 1024 * 1024;

function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function residentMib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Reads so much of the answer, and is gone: by a reset or by an end. */
async function leaveMidway(port: number, bytes: number, resets: boolean): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('GET /film.bin HTTP/1.1\r\nHost: a\r\n\r\n');
  let read = 0;
  for await (const part of socket) {
    read += (part as Buffer).length;
    if (read >= bytes) break;
  }
  if (resets) socket.resetAndDestroy();
  else socket.destroy();
}

test('ten thousand downloads that end midway leave no descriptor open and no memory behind', async (context) => {
  const root = temporaryFolder({ 'film.bin': Buffer.alloc(FILE_BYTES, 'x') });
  await using heddle = await spawnHeddle([root, '--threads', '2']);
  const port = Number(new URL(heddle.url).port);
  const some = async (count: number) => {
    for (let done = 0; done < count; done += AT_A_TIME) {
      const batch = Array.from({ length: AT_A_TIME }, (_, at) =>
        leaveMidway(port, (1 + ((done + at) % 40)) * 65_536, at % 2 === 0),
      );
      await Promise.all(batch);
    }
  };
  const settled = async () => {
    // The last of them are noticed when the kernel says so.
    for (let last = -1; last !== descriptors(heddle.pid); await delay(500)) last = descriptors(heddle.pid);
    return { open: descriptors(heddle.pid), mib: residentMib(heddle.pid) };
  };
  // What a process opens once, at the first of them, is not theirs.
  await some(100);
  const { open: start } = await settled();
  await some(2000);
  const warm = await settled();
  await some(DOWNLOADS - 2100);
  const end = await settled();
  context.diagnostic(
    `descriptors: ${start} after the first hundred, ${warm.open} after 2100, ${end.open} at the end`,
  );
  context.diagnostic(`resident: ${warm.mib.toFixed(0)} MiB after 2100, ${end.mib.toFixed(0)} MiB at the end`);
  assert.equal(end.open, start);
  assert.ok(end.mib - warm.mib < 64, `${(end.mib - warm.mib).toFixed(0)} MiB more`);
  const whole = await (await fetch(`${heddle.url}film.bin`)).arrayBuffer();
  assert.equal(whole.byteLength, 64 * MIB);
});
