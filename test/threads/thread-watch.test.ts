import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ManagedThread } from '#threads/managed-thread.ts';
import { ThreadWatch } from '#threads/thread-watch.ts';

/** A thread that does what a test says. */
interface Scripted {
  phase: string;
  idleMs: number;
  pongs: number;
  progress: number;
  pings: number;
  ping(): void;
}

function scripted(): Scripted {
  const thread: Scripted = {
    phase: 'ready',
    idleMs: 0,
    pongs: 0,
    progress: 0,
    pings: 0,
    ping() {
      thread.pings += 1;
    },
  };
  return thread;
}

/** A watch that looks every 50 ms, over one thread, with what it told. */
function watching(thread: Scripted, hangMs = 1000) {
  const told: string[] = [];
  const watch = new ThreadWatch({
    periodMs: 50,
    stallMs: 250,
    hangMs,
    threads: () => [thread as unknown as ManagedThread],
    progress: () => thread.progress,
    onStall: (_, forMs) => told.push(`stall ${forMs}`),
    onRecovered: (_, afterMs) => told.push(`recovered ${afterMs}`),
    onHang: (_, forMs) => told.push(`hang ${forMs}`),
  });
  let now = 0;
  /** Lets time pass, look by look. */
  const pass = (ms: number, between: () => void = () => {}) => {
    for (let end = now + ms; now < end; ) {
      now += 50;
      between();
      watch.look(now);
    }
  };
  return {
    watch,
    told,
    pass,
    jump: (ms: number) => (now += ms),
    isMoving: () => watch.isMoving(thread as never),
  };
}

suite('a thread', () => {
  test('that is idle now and then moves', () => {
    const thread = scripted();
    const { told, pass } = watching(thread);
    pass(5000, () => (thread.idleMs += 1));
    assert.deepEqual([told, thread.pings], [[], 0]);
  });

  test('that is never idle but works moves, and is not even asked', () => {
    const thread = scripted();
    const { told, pass } = watching(thread);
    pass(5000, () => (thread.progress += 1));
    assert.deepEqual([told, thread.pings], [[], 0]);
  });

  test('that is never idle and ends no request moves as long as it answers', () => {
    const thread = scripted();
    const { told, pass } = watching(thread);
    pass(5000, () => (thread.pongs = thread.pings));
    assert.deepEqual(told, []);
    assert.ok(thread.pings > 20);
  });

  test('that stands still is stalled, then hangs, each told once', () => {
    const thread = scripted();
    const { told, pass, isMoving } = watching(thread);
    pass(250);
    assert.deepEqual([told, isMoving()], [[], true]);
    pass(50);
    assert.deepEqual([told, isMoving()], [['stall 250'], false]);
    pass(5000);
    assert.deepEqual(told, ['stall 250', 'hang 1000']);
    assert.equal(thread.pings, 1);
  });

  test('that moves again after a stall has recovered, and may stall again', () => {
    const thread = scripted();
    const { told, pass, isMoving } = watching(thread);
    pass(400);
    thread.pongs += 1;
    pass(50);
    assert.deepEqual([told, isMoving()], [['stall 250', 'recovered 400'], true]);
    pass(300);
    assert.equal(told.at(-1), 'stall 250');
  });

  test('never hangs where nobody wants that', () => {
    const thread = scripted();
    const { told, pass } = watching(thread, 0);
    pass(60_000);
    assert.deepEqual(told, ['stall 250']);
  });

  test('is watched while it drains as before, and how long it stands still can be asked', () => {
    const thread = scripted();
    const { watch, told, pass } = watching(thread);
    pass(150);
    thread.phase = 'draining';
    pass(150);
    assert.deepEqual(told, ['stall 250']);
    assert.equal(watch.stillMs(thread as never, 300), 250);
    pass(5000);
    assert.deepEqual(told, ['stall 250', 'hang 1000']);
    thread.pongs += 1;
    pass(50);
    assert.equal(watch.stillMs(thread as never, 5350), 0);
  });

  test('is not watched before it is ready, nor when it is being ended', () => {
    for (const phase of ['starting', 'terminating']) {
      const thread = scripted();
      thread.phase = phase;
      const { told, pass } = watching(thread);
      pass(5000);
      assert.deepEqual(told, [], phase);
    }
  });

  test('is not blamed for the time in which the supervisor did not look', () => {
    const thread = scripted();
    const { told, pass, jump } = watching(thread);
    pass(100);
    jump(60_000);
    pass(100);
    assert.deepEqual(told, []);
    pass(150);
    assert.deepEqual(told, ['stall 250']);
  });

  test('that is being taken down does not count as moving again', () => {
    const thread = scripted();
    thread.idleMs = 1234;
    const { told, pass } = watching(thread);
    pass(400);
    // What a loop tells that is gone.
    thread.idleMs = 0;
    pass(100);
    assert.deepEqual(told, ['stall 250']);
  });
});
