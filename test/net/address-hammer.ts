// One thread of address-counts.test.ts: connections of one client come and go, beside those of others.
import { workerData } from 'node:worker_threads';
import { AddressCounts } from '#net/address-counts.ts';
import type { HammerOrder } from './address-counts.test.ts';

const { buffer, place, most, words: memory, rounds } = workerData as HammerOrder;
const KEY = { high: -1, low: 1 };
const words = new Int32Array(memory);
const counts = new AddressCounts(buffer, place);
// Both at once.
Atomics.add(words, 0, 1);
while (Atomics.load(words, 0) < 2);
let mine = 0;
for (let round = 0; round < rounds; round += 1) {
  // Others, so that slots move.
  const other = { high: place, low: round % 11 };
  counts.enter(other, most);
  if (counts.enter(KEY, most) === 'counted') {
    mine += 1;
    const within = Atomics.add(words, 1, 1) + 1;
    for (;;) {
      const highest = Atomics.load(words, 2);
      if (within <= highest || Atomics.compareExchange(words, 2, highest, within) === highest) break;
    }
    Atomics.add(words, 3, 1);
  }
  if (mine > 1 || round % 3 === 0) while (mine > 0) leave();
  counts.leave(other);
}
while (mine > 0) leave();

function leave(): void {
  // Before it is free for others.
  Atomics.sub(words, 1, 1);
  counts.leave(KEY);
  mine -= 1;
}
