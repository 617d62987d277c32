// One thread of token-buckets.test.ts: takes tokens of one client as fast as it can.
import { workerData } from 'node:worker_threads';
import { TokenBuckets } from '#server/token-buckets.ts';
import type { TakeOrder } from './token-buckets.test.ts';

const { buffer, rate, words: memory, tries } = workerData as TakeOrder;
const words = new Int32Array(memory);
const buckets = new TokenBuckets(buffer, rate);
// Both at once.
Atomics.add(words, 0, 1);
while (Atomics.load(words, 0) < 2);
let taken = 0;
for (let count = 0; count < tries; count += 1) {
  if (buckets.take({ high: -1, low: 1 }, 1000) === 0) taken += 1;
}
Atomics.add(words, 1, taken);
