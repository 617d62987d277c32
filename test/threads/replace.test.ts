import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ThreadSupervisor } from '#threads/supervisor.ts';

/** A set of one whose threads do what `acts` says at their n-th start; it notes each end as 'kind next'. */
function setOfOne(acts: (start: number) => string[], onReport = (): void => undefined) {
  const ends: string[] = [];
  let starts = 0;
  const supervisor = new ThreadSupervisor({
    kind: 'test',
    size: 1,
    entry: new URL('./fixtures/thread.ts', import.meta.url),
    launch: () => {
      starts += 1;
      return { workerData: { acts: acts(starts - 1) } };
    },
    restart: { backoffMs: 60_000, maxBackoffMs: 60_000, maxDeaths: 2, withinMs: 60_000 },
    onHeapNearLimit: (_, { usedBytes, limitBytes }) => {
      ends.push(`near ${usedBytes}/${limitBytes}`);
      onReport();
    },
    onExit: (_, exit, next) => ends.push(`${exit.kind} ${next}`),
  });
  return { supervisor, ends };
}

test('a thread that is replaced works until the new one is ready, then drains; it is no death', async () => {
  const { supervisor, ends } = setOfOne(() => ['ready']);
  await supervisor.startAll();
  for (let round = 0; round < 3; round += 1) {
    const before = supervisor.thread(0)!;
    const replacing = supervisor.replace(before);
    assert.equal(before.phase, 'ready');
    assert.equal(supervisor.threads().length, 2);
    assert.equal(await replacing, 'replaced');
    assert.equal(before.phase, 'exited');
    assert.equal(supervisor.thread(0)?.phase, 'ready');
    assert.equal(supervisor.threads().length, 1);
  }
  assert.deepEqual(ends, ['drained replaced', 'drained replaced', 'drained replaced']);
  await supervisor.drain();
});

test('a replaced thread that does not finish in time is stopped', async () => {
  const { supervisor, ends } = setOfOne((start) => (start === 0 ? ['ready', 'refuse-drain'] : ['ready']));
  await supervisor.startAll();
  assert.equal(await supervisor.replace(supervisor.thread(0)!, 1), 'replaced');
  assert.deepEqual(ends, ['terminated replaced']);
  await supervisor.drain();
});

test('where the new thread fails to start the old one works on', async () => {
  const { supervisor, ends } = setOfOne((start) => (start === 0 ? ['ready'] : ['throw']));
  await supervisor.startAll();
  const thread = supervisor.thread(0)!;
  for (let tries = 0; tries < 3; tries += 1) assert.equal(await supervisor.replace(thread), 'kept');
  assert.deepEqual(ends, ['start-failed kept', 'start-failed kept', 'start-failed kept']);
  assert.equal(supervisor.thread(0), thread);
  assert.equal(thread.phase, 'ready');
  await supervisor.drain();
});

test('a thread that dies while it is being replaced leaves its place to the new one', async () => {
  const { supervisor, ends } = setOfOne((start) => (start === 0 ? ['ready'] : ['silence']));
  await supervisor.startAll();
  const thread = supervisor.thread(0)!;
  const replacing = supervisor.replace(thread);
  thread.post('throw');
  assert.equal(await replacing, 'gone');
  assert.deepEqual(ends, ['error restart']);
  const next = supervisor.thread(0)!;
  assert.notEqual(next, thread);
  next.post('ready');
  await next.ready;
  await supervisor.drain();
});

test('a set that is drained during a replacement ends both threads', async () => {
  const { supervisor, ends } = setOfOne((start) => (start === 0 ? ['ready'] : ['silence']));
  await supervisor.startAll();
  const replacing = supervisor.replace(supervisor.thread(0)!);
  await supervisor.drain();
  await replacing;
  assert.deepEqual(ends, ['drained ended', 'drained ended']);
  assert.deepEqual(supervisor.threads(), []);
});

test('only a thread that holds its place and works can be replaced, once at a time', async () => {
  const { supervisor } = setOfOne(() => ['ready']);
  await supervisor.startAll();
  const thread = supervisor.thread(0)!;
  const replacing = supervisor.replace(thread);
  assert.equal(await supervisor.replace(thread), 'gone');
  await replacing;
  assert.equal(await supervisor.replace(thread), 'gone');
  await supervisor.drain();
  assert.equal(await supervisor.replace(thread), 'gone');
});

test('what a thread says of its heap reaches the owner of the set', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { supervisor, ends } = setOfOne(() => ['ready', 'near-limit'], resolve);
  await supervisor.startAll();
  await promise;
  assert.deepEqual(ends, ['near 9/10']);
  await supervisor.drain();
});
