import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { heapLimits, LEAST_HEAP_MB, overridingHeapFlags } from '#threads/heap-limits.ts';

const TELL_LIMIT = `
  const { heap_size_limit } = require('node:v8').getHeapStatistics();
  require('node:worker_threads').parentPort.postMessage(heap_size_limit / 2 ** 20);
`;

for (const mebibytes of [LEAST_HEAP_MB, 17, 64, 100, 128, 1000]) {
  test(`a thread that is given ${mebibytes} MiB has a heap of ${mebibytes} MiB, both generations together`, async () => {
    const worker = new Worker(TELL_LIMIT, { eval: true, resourceLimits: heapLimits(mebibytes)! });
    const [limit] = await once(worker, 'message');
    assert.equal(limit, mebibytes);
    await worker.terminate();
  });
}

test('without a number the limit is left to Node', () => {
  assert.equal(heapLimits(0), undefined);
});

test('flags that decide over the limits of threads are found, however they are written', () => {
  const flags = ['--max-old-space-size=400', '--enable-source-maps', '--max_semi_space_size=32'];
  assert.deepEqual(overridingHeapFlags(flags, ' --no-warnings  --max-heap-size=900 '), [
    '--max-old-space-size=400',
    '--max_semi_space_size=32',
    '--max-heap-size=900',
  ]);
  assert.deepEqual(overridingHeapFlags([], undefined), []);
});
