import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobRunner } from '#pool/job-runner.ts';
import type { FromServerThread } from '#server/server-messages.ts';
import { ThreadCompression } from '#server/thread-compression.ts';

type Told = Extract<FromServerThread, { kind: 'compressed' }>;

/** A pool whose jobs end when the test says so. */
function scene() {
  const jobs: ((bytes: number) => void)[] = [];
  const told: string[] = [];
  const execute = () =>
    new Promise<SharedArrayBuffer>((resolve) => {
      jobs.push((bytes) => resolve(new SharedArrayBuffer(bytes)));
    });
  const compression = new ThreadCompression({ execute } as unknown as JobRunner, (message) => {
    const { key, bytes } = message as Told;
    told.push(bytes === undefined ? `want ${key}` : `${key}: ${bytes?.byteLength ?? 'failed'}`);
  });
  const want = (key: string, read: () => Uint8Array | undefined = () => new Uint8Array(9)) =>
    compression.want(key, 'br', read);
  const make = (key: string) => compression.onMessage({ kind: 'compressed', key, bytes: undefined });
  return { jobs, told, compression, want, make };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('a thread makes one at a time, and reads the next when its turn comes', async () => {
  const { jobs, told, want, make } = scene();
  let reads = 0;
  for (const key of ['a', 'b', 'c']) {
    want(key, () => {
      reads += 1;
      return new Uint8Array(9);
    });
    make(key);
  }
  assert.deepEqual([jobs.length, reads], [1, 1]);
  for (const size of [1, 2, 3]) {
    jobs.at(-1)?.(size);
    await turn();
  }
  assert.equal(reads, 3);
  assert.deepEqual(told, ['want a', 'want b', 'want c', 'a: 1', 'b: 2', 'c: 3']);
});

test('what is asked for, or being made, is asked for once, however many want it', async () => {
  const { jobs, told, want, make } = scene();
  for (let time = 0; time < 3; time += 1) want('a');
  make('a');
  make('a');
  // More than are remembered: what is under way is known all the same.
  for (let other = 0; other < 1500; other += 1) want(`other ${other}`);
  want('a');
  assert.equal(told.filter((word) => word === 'want a').length, 1);
  assert.equal(jobs.length, 1);
  jobs[0]?.(1);
  await turn();
  assert.equal(told.at(-1), 'a: 1');
});

test('content that is gone or cannot be read is told as failed, and the next is made', async () => {
  const { jobs, told, want, make } = scene();
  want('gone', () => undefined);
  want('broken', () => {
    throw new Error('EIO');
  });
  want('good');
  for (const key of ['gone', 'broken', 'good', 'never wanted']) make(key);
  await turn();
  await turn();
  jobs[0]?.(5);
  await turn();
  assert.deepEqual(
    told.filter((word) => !word.startsWith('want')),
    ['never wanted: failed', 'gone: failed', 'broken: failed', 'good: 5'],
  );
});

test('what is there is had until it has to go', () => {
  const { compression } = scene();
  compression.onMessage({ kind: 'compressed', key: 'a', bytes: new SharedArrayBuffer(4) });
  compression.onMessage({ kind: 'compressed', key: 'none', bytes: new SharedArrayBuffer(0) });
  assert.equal((compression.have('a') as Uint8Array).length, 4);
  assert.equal(compression.have('none'), 'worthless');
  compression.onMessage({ kind: 'compressed', key: 'a', bytes: null });
  assert.equal(compression.have('a'), undefined);
});
