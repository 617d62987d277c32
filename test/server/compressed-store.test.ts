import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompressedStore } from '#server/compressed-store.ts';
import type { ManagedThread } from '#threads/managed-thread.ts';

const MAX = 1000;

/** A thread that writes down what it is told: `make a`, `a: 10`, `drop a`. */
class FakeThread {
  phase = 'ready';
  readonly told: string[] = [];

  post({ key, bytes }: { key: string; bytes: SharedArrayBuffer | null | undefined }): void {
    if (bytes === undefined) this.told.push(`make ${key}`);
    else this.told.push(bytes === null ? `drop ${key}` : `${key}: ${bytes.byteLength}`);
  }
}

function scene() {
  const store = new CompressedStore();
  const say = (thread: FakeThread, key: string, bytes: SharedArrayBuffer | null | undefined): void =>
    store.onMessage(thread as unknown as ManagedThread, { kind: 'compressed', key, bytes }, MAX);
  return {
    store,
    threads: Array.from({ length: 3 }, () => new FakeThread()) as [FakeThread, FakeThread, FakeThread],
    want: (thread: FakeThread, key: string) => say(thread, key, undefined),
    made: (thread: FakeThread, key: string, bytes: number) => say(thread, key, new SharedArrayBuffer(bytes)),
    ends: (thread: FakeThread) => {
      thread.phase = 'exited';
      store.forget(thread as unknown as ManagedThread);
    },
    fails: (thread: FakeThread, key: string) => say(thread, key, null),
  };
}

test('the first that wants something makes it, once; all that want it hear of it', () => {
  const { threads, want, made, store } = scene();
  const [first, second, third] = threads;
  want(first, 'a');
  want(second, 'a');
  assert.deepEqual([first.told, second.told], [['make a'], []]);
  made(first, 'a', 10);
  want(third, 'a');
  assert.deepEqual(
    threads.map(({ told }) => told),
    [['make a', 'a: 10'], ['a: 10'], ['a: 10']],
  );
  assert.equal(store.bytes, 10);
});

test('where the one that was to make it dies or fails, the next that asks makes it', () => {
  const { threads, want, fails, ends } = scene();
  const [first, second, third] = threads;
  want(first, 'a');
  ends(first);
  want(second, 'a');
  assert.deepEqual(second.told, ['make a']);
  fails(second, 'a');
  want(third, 'a');
  assert.deepEqual(third.told, ['make a']);
  want(third, 'b');
  want(third, 'b');
  assert.deepEqual(third.told, ['make a', 'make b', 'make b'], 'it asks again only where nothing came');
});

test('the earliest makes room, and its holders let go of it', () => {
  const { threads, want, made, store } = scene();
  const [first, second, third] = threads;
  for (const key of ['a', 'b', 'c']) {
    want(first, key);
    made(first, key, 400);
    want(second, key);
  }
  assert.equal(store.bytes, 800);
  assert.ok(first.told.includes('c: 400'));
  assert.ok(first.told.includes('drop a') && second.told.includes('drop a'));
  assert.ok(!first.told.includes('drop b') && !third.told.includes('drop a'));
});

test('what is larger than all that may be kept is not kept', () => {
  const { threads, want, made, store } = scene();
  want(threads[0], 'a');
  made(threads[0], 'a', MAX + 1);
  assert.deepEqual([store.bytes, threads[0].told], [0, ['make a']]);
});
