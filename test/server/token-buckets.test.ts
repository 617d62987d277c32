import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { parseRate, type Rate } from '#server/rate-value.ts';
import { TokenBuckets } from '#server/token-buckets.ts';
import { randomNumbers } from '../support/random-numbers.ts';

const KEY = { high: -1, low: 1 };

/** What hammering threads are told. */
export interface TakeOrder {
  readonly buffer: SharedArrayBuffer;
  readonly rate: Rate;
  /** Shared words: go, how many tokens were taken. */
  readonly words: SharedArrayBuffer;
  readonly tries: number;
}

/** The plainest bucket there is: one client, tokens that come one by one, each at its time in units of 1/count ms. */
class PlainBucket {
  readonly #rate: Rate;
  #tokens: bigint;
  #last: bigint;

  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#last = BigInt(now);
    this.#tokens = BigInt(rate.burst) * BigInt(rate.windowMs);
  }

  take(now: number): boolean {
    const most = BigInt(this.#rate.burst) * BigInt(this.#rate.windowMs);
    this.#tokens += (BigInt(now) - this.#last) * BigInt(this.#rate.count);
    if (this.#tokens > most) this.#tokens = most;
    this.#last = BigInt(now);
    if (this.#tokens < BigInt(this.#rate.windowMs)) return false;
    this.#tokens -= BigInt(this.#rate.windowMs);
    return true;
  }
}

function rateOf(text: string): Rate {
  return parseRate(text) ?? assert.fail(text);
}

describe('tokens', () => {
  for (const text of [
    '1/s',
    '7/s',
    '3/7s burst=1',
    '1000/m',
    '10/s burst=25',
    '999999/h',
    '3/24h',
    '11/3s burst=2',
  ]) {
    test(`at ${text} come as from a plain bucket for each client, whenever they are asked for`, () => {
      const rate = rateOf(text);
      const random = randomNumbers(text.length + rate.count);
      const buckets = new TokenBuckets(TokenBuckets.allocate(5), rate);
      const start = 1_234_567_890;
      let now = start;
      const models = [1, 2, 3].map((low) => ({ key: { high: 0, low }, bucket: new PlainBucket(rate, now) }));
      const pace = Math.ceil(rate.windowMs / rate.count);
      for (let step = 0; step < 5000; step += 1) {
        now += random(4) === 0 ? random(pace + 1) : random(3);
        const { key, bucket } = models[random(3)] ?? assert.fail();
        const wait = buckets.take(key, now);
        assert.equal(wait === 0, bucket.take(now), `step ${step}`);
        if (wait === 0) continue;
        // What a client is told is the first moment at which there is one.
        assert.equal(bucket.take(now + wait - 1), false);
        now += wait;
        assert.equal(bucket.take(now), true);
        assert.equal(buckets.take(key, now), 0);
      }
    });
  }

  test('are not given twice where a thread has read the clock before another and comes behind it', () => {
    const buckets = new TokenBuckets(TokenBuckets.allocate(5), rateOf('1/s'));
    assert.equal(buckets.take(KEY, 5000), 0);
    assert.equal(buckets.take(KEY, 4000), 1000);
    assert.equal(buckets.take(KEY, 5999), 1);
    assert.equal(buckets.take(KEY, 6000), 0);
    assert.equal(buckets.take(KEY, 5000), 1000);
    assert.equal(buckets.take(KEY, 6999), 1);
  });

  test('of one client are given to two threads exactly as often as there are some', async () => {
    const rate = rateOf('30000/24h');
    const buffer = TokenBuckets.allocate(5);
    const words = new SharedArrayBuffer(8);
    const tries = 25_000;
    const threads = [0, 1].map(
      () =>
        new Worker(new URL('token-hammer.ts', import.meta.url), {
          workerData: { buffer, rate, words, tries } satisfies TakeOrder,
        }),
    );
    await Promise.all(threads.map((thread) => once(thread, 'exit')));
    assert.deepEqual([...new Int32Array(words)], [2, 30_000]);
  });

  test('are had by all of more clients than there is room for, and the room does not grow', () => {
    const buffer = TokenBuckets.allocate(5);
    const buckets = new TokenBuckets(buffer, rateOf('2/h'));
    const size = buffer.byteLength;
    for (let low = 0; low < 500_000; low += 1) {
      assert.equal(buckets.take({ high: 77, low }, 1000), 0, `client ${low}`);
    }
    assert.equal(buffer.byteLength, size);
  });

  test('of a client that asks too often stay gone while others come, for as long as there is room', () => {
    const buckets = new TokenBuckets(TokenBuckets.allocate(5), rateOf('10/h burst=3'));
    for (let count = 0; count < 3; count += 1) assert.equal(buckets.take(KEY, 1000), 0);
    // Each takes one token: they are fuller, and make room for each other.
    for (let low = 2; low < 300_000; low += 1) buckets.take({ high: 77, low }, 1000);
    assert.notEqual(buckets.take(KEY, 1000), 0);
  });

  test('can be had though a thread died in the middle of it', () => {
    const buffer = TokenBuckets.allocate(5);
    const words = new Int32Array(buffer);
    // Every lock is held, by nobody.
    for (let lock = 2; lock < words.length; lock += 50) words[lock] = 12_345;
    const buckets = new TokenBuckets(buffer, rateOf('1/s'));
    assert.equal(buckets.take(KEY, 1000), 0);
    assert.equal(buckets.take(KEY, 1000), 1000);
    assert.equal(buckets.take(KEY, 2000), 0);
  });
});

describe('rates', () => {
  const rates: readonly (readonly [string, readonly [number, number, number] | undefined])[] = [
    ['10/s', [10, 1000, 10]],
    ['10r/s', [10, 1000, 10]],
    ['100/m', [100, 60_000, 100]],
    ['1000/15m', [1000, 900_000, 1000]],
    ['5/24h', [5, 86_400_000, 5]],
    ['20/s burst=100', [20, 1000, 100]],
    ['20/s;burst=100', [20, 1000, 100]],
    ['20/s, burst=1', [20, 1000, 1]],
    ['0/s', undefined],
    ['10/0s', undefined],
    ['10/s burst=0', undefined],
    ['10', undefined],
    ['10/d', undefined],
    ['25/25h', undefined],
    ['2000000/s', undefined],
    ['-1/s', undefined],
    ['1.5/s', undefined],
    ['10/s burst', undefined],
    [' 10/s', undefined],
  ];
  for (const [text, expected] of rates) {
    test(`"${text}" is ${expected === undefined ? 'none' : `${expected}`}`, () => {
      const rate = parseRate(text);
      assert.deepEqual(rate && [rate.count, rate.windowMs, rate.burst], expected);
    });
  }
});
