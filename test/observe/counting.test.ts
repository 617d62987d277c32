import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { formatMetrics } from '#observe/prometheus-text.ts';
import { SharedCounts } from '#observe/shared-counts.ts';
import { bucketOf, quantileOf, TIME_BOUNDS, TIME_BUCKETS } from '#observe/time-buckets.ts';
import { parseMetrics } from '../support/metrics-page.ts';

test('what one thread counts another reads', async () => {
  const buffer = SharedCounts.allocate(3);
  const worker = new Worker(
    `const { workerData } = require('node:worker_threads');
     import(workerData.url).then(({ SharedCounts }) => {
       const counts = new SharedCounts(workerData.buffer);
       for (let n = 0; n < 1000; n += 1) counts.count(0);
       counts.add(1, 2 ** 40);
       counts.set(2, 0.5);
     });`,
    { eval: true, workerData: { buffer, url: import.meta.resolve('#observe/shared-counts.ts') } },
  );
  await new Promise((resolve) => worker.once('exit', resolve));
  const counts = new SharedCounts(buffer);
  assert.deepEqual([counts.get(0), counts.get(1), counts.get(2)], [1000, 2 ** 40, 0.5]);
  const sums = new Float64Array([1, 1]);
  counts.addTo(sums);
  assert.deepEqual([...sums], [1001, 2 ** 40 + 1]);
});

describe('times in buckets', () => {
  test('a bound is inside its bucket, and what is longer in the next', () => {
    for (const [bucket, bound] of TIME_BOUNDS.entries()) {
      assert.equal(bucketOf(bound), bucket);
      assert.equal(bucketOf(bound * 1.0001), bucket + 1);
    }
    assert.equal(bucketOf(0), 0);
    assert.equal(bucketOf(1e9), TIME_BUCKETS - 1);
  });

  test('quantiles lie in the bucket of their time', () => {
    const counts = new Array<number>(TIME_BUCKETS).fill(0);
    assert.equal(quantileOf(counts, 0.5), undefined);
    for (let n = 1; n <= 1000; n += 1) (counts[bucketOf(n / 1000)] as number) += 1;
    assert.ok(Math.abs((quantileOf(counts, 0.5) ?? 0) - 0.5) < 0.01);
    assert.ok(Math.abs((quantileOf(counts, 0.99) ?? 0) - 0.99) < 0.01);
    counts.fill(0);
    counts[TIME_BUCKETS - 1] = 1;
    assert.equal(quantileOf(counts, 0.5), 10);
  });
});

test('metrics as text: labels are escaped, and a metric without samples is left out', () => {
  const text = formatMetrics([
    {
      name: 'a_total',
      type: 'counter',
      help: 'Two\nlines \\ and more.',
      samples: [{ labels: { b: '"\\\n', c: 1 }, value: 2 }],
    },
    { name: 'none', type: 'gauge', help: 'Nothing.', samples: [] },
    { name: 'd', type: 'gauge', help: 'D.', samples: [{ value: Number.POSITIVE_INFINITY }] },
  ]);
  assert.equal(
    text,
    '# HELP a_total Two\\nlines \\\\ and more.\n# TYPE a_total counter\na_total{b="\\"\\\\\\n",c="1"} 2\n# HELP d D.\n# TYPE d gauge\nd +Inf\n',
  );
  assert.equal(parseMetrics(text).get('a_total{b="\\"\\\\\\n",c="1"}'), 2);
});
