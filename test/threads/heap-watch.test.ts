import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeapWatch } from '#threads/heap-watch.ts';

/** A watch over a heap of 100 bytes that is as full as the test says. */
function watched(): { readonly watch: HeapWatch; readonly heap: { used: number }; readonly told: number[] } {
  const heap = { used: 0 };
  const told: number[] = [];
  const read = () => ({ usedBytes: heap.used, limitBytes: 100 });
  return { watch: new HeapWatch(read, ({ usedBytes }) => told.push(usedBytes)), heap, told };
}

test('a heap that is above the soft limit still after a full collection is near its limit', () => {
  const { watch, heap, told } = watched();
  heap.used = 90;
  watch.look();
  assert.equal(watch.isAlarmed, true);
  assert.deepEqual(told, []);
  heap.used = 85;
  watch.onMajorCollection();
  assert.deepEqual(told, [85]);
  assert.equal(watch.isAlarmed, false);
});

test('garbage alone is no alarm: below the soft limit after a full collection all is calm again', () => {
  const { watch, heap, told } = watched();
  heap.used = 99;
  watch.look();
  heap.used = 84;
  watch.onMajorCollection();
  assert.equal(watch.isAlarmed, false);
  heap.used = 99;
  watch.onMajorCollection();
  assert.deepEqual(told, []);
});

test('a look below the soft limit ends the alarm', () => {
  const { watch, heap } = watched();
  heap.used = 99;
  watch.look();
  heap.used = 10;
  watch.look();
  assert.equal(watch.isAlarmed, false);
});

test('it is told once', () => {
  const { watch, heap, told } = watched();
  heap.used = 95;
  for (let round = 0; round < 3; round += 1) {
    watch.look();
    watch.onMajorCollection();
  }
  assert.deepEqual(told, [95]);
});

test('a thread that is above the soft limit and does not collect is not waited for for ever', () => {
  const { watch, heap, told } = watched();
  heap.used = 90;
  for (let look = 1; look <= 5; look += 1) watch.look();
  assert.deepEqual(told, []);
  watch.look();
  assert.deepEqual(told, [90]);
});

test('a collection that finds garbage begins the patience anew', () => {
  const { watch, heap, told } = watched();
  for (let round = 0; round < 3; round += 1) {
    heap.used = 90;
    for (let look = 1; look <= 5; look += 1) watch.look();
    heap.used = 20;
    watch.onMajorCollection();
  }
  assert.deepEqual(told, []);
});
