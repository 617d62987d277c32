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
  let now = 0;
  const store = new CompressedStore(() => now);
  const say = (thread: FakeThread, key: string, bytes: SharedArrayBuffer | null | undefined): void =>
    store.onMessage(thread as unknown as ManagedThread, { kind: 'compressed', key, bytes }, MAX);
  return {
    store,
    pass: (ms: number) => {
      now += ms;
    },
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

test('where the one that was to make it dies, another that waits makes it, or the next that asks', () => {
  const { threads, want, ends } = scene();
  const [first, second, third] = threads;
  want(first, 'a');
  want(second, 'a');
  ends(first);
  assert.deepEqual(second.told, ['make a']);
  ends(second);
  want(third, 'a');
  assert.deepEqual(third.told, ['make a']);
});

test('what could not be made is made by the next that asks; a maker that asks again is told again', () => {
  const { threads, want, fails } = scene();
  const [first, second] = threads;
  want(first, 'a');
  fails(first, 'a');
  want(second, 'a');
  want(second, 'a');
  assert.deepEqual(second.told, ['make a', 'make a']);
});

test('what was made a while ago makes room, and its holders let go of it', () => {
  const { threads, want, made, store, pass } = scene();
  const [first, second, third] = threads;
  for (const key of ['a', 'b', 'c']) {
    want(first, key);
    made(first, key, 400);
    want(second, key);
    pass(60_000);
  }
  assert.equal(store.bytes, 800);
  for (const thread of [first, second]) {
    assert.deepEqual(
      thread.told.filter((word) => /^(?:drop|c:)/.test(word)),
      ['drop a', 'c: 400'],
    );
  }
  assert.deepEqual(third.told, []);
});

test('what was made just now makes no room: what comes is refused for a while', () => {
  const { threads, want, made, store, pass } = scene();
  const [first] = threads;
  for (const key of ['a', 'b', 'c']) {
    want(first, key);
    made(first, key, 400);
  }
  assert.deepEqual([store.bytes, first.told.at(-1)], [800, 'c: 0']);
  pass(60_000);
  want(first, 'd');
  made(first, 'd', 400);
  assert.ok(first.told.includes('drop c'), 'it may be asked for again');
  assert.equal(first.told.at(-1), 'd: 400');
});

test('what is larger than all that may be kept is as good as worthless', () => {
  const { threads, want, made, store } = scene();
  want(threads[0], 'a');
  made(threads[0], 'a', MAX + 1);
  want(threads[0], 'a');
  assert.deepEqual([store.bytes, threads[0].told], [0, ['make a', 'a: 0', 'a: 0']]);
});
