import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lookout } from '#pool/lookout.ts';
import { ThreadPool } from '#pool/thread-pool.ts';

/** A clock that goes on by 10 µs each time it is read. */
class StepClock {
  ms = 0;
  readonly now = (): number => {
    this.ms += 0.01;
    return this.ms;
  };
}

/**
 * A thread whose last job came after so long an idle time.
 * @param idleMs in milliseconds
 */
function thread(idleMs: number, cores = 2, clock = new StepClock()): Lookout {
  const lookout = new Lookout(cores, clock.now);
  lookout.onIdle(
    () => false,
    () => true,
  );
  clock.ms += idleMs;
  lookout.onWoken();
  return lookout;
}

/** Lets it look, with something to find at each of so many looks. @returns how often it looked */
function looks(lookout: Lookout, finds: number, isIdle: () => boolean = () => true): number {
  let count = 0;
  lookout.onIdle(() => {
    count += 1;
    return count <= finds;
  }, isIdle);
  return count;
}

test('a thread looks out where its last job came soon, and sleeps at once after a look in vain', () => {
  const lookout = thread(0.02);
  assert.ok(looks(lookout, 3) > 3, 'looks on behind what it found');
  assert.equal(looks(lookout, 3), 0, 'the look before was in vain');
});

test('a thread whose last job was long in coming sleeps at once', () => {
  assert.equal(looks(thread(1), 1), 0);
});

test('on one core nobody looks out', () => {
  assert.equal(looks(thread(0.02, 1), 1), 0);
});

test('a thread looks no more where a job is not over', () => {
  const isIdle = (): boolean => false;
  assert.equal(looks(thread(0.02), 3, isIdle), 1);
});

test('a thread looks for a millisecond at most, however many jobs come', () => {
  const clock = new StepClock();
  const lookout = thread(0.02, 2, clock);
  const begin = clock.ms;
  looks(lookout, Number.POSITIVE_INFINITY);
  assert.ok(clock.ms - begin >= 1 && clock.ms - begin < 1.2, String(clock.ms - begin));
});

test('a worker that is given one job upon another still runs what else it has to do', async () => {
  await using pool = new ThreadPool(1);
  const setUp = (): void => {
    const ticks = { count: 0 };
    Object.assign(globalThis, { ticks });
    setInterval(() => (ticks.count += 1), 1).unref();
  };
  const count = (): number => (globalThis as unknown as { ticks: { count: number } }).ticks.count;
  await pool.execute(setUp);
  // Never ends where the worker's timers starve.
  while ((await pool.execute(count)) < 5);
});
