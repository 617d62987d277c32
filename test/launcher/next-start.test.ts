import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NO_DEATHS, nextStart, nextTry, type ServerDeaths } from '#launcher/next-start.ts';

/** What follows each of these deaths: a wait in milliseconds, or why there is no next start. */
function follow(...readyForMs: readonly (number | undefined)[]): (number | string)[] {
  let deaths: ServerDeaths = NO_DEATHS;
  return readyForMs.map((ms) => {
    const next = nextStart(deaths, ms);
    if (next.delayMs === undefined) return next.reason;
    deaths = next.deaths;
    return next.delayMs;
  });
}

describe('when the next server is started', () => {
  test('never, where the first has not come to serve', () => {
    assert.deepEqual(follow(undefined), ['it is not started again']);
  });

  test('at once where it served, then later with each death, up to a bound, for as long as each has served', () => {
    const deaths = Array.from({ length: 10 }, () => 1);
    assert.deepEqual(follow(...deaths), [0, 0, 0, 100, 200, 400, 800, 1600, 2000, 2000]);
  });

  test('at once again behind one that ran well', () => {
    assert.deepEqual(follow(1, 1, 1, 1, 30_000, 1, 1, 1), [0, 0, 0, 100, 0, 0, 0, 100]);
  });

  test('no more, where five starts in a row have failed', () => {
    const none = undefined;
    const end = '5 starts in a row have failed, and no more are tried';
    assert.deepEqual(follow(1, none, none, none, none, none), [0, 0, 0, 100, 200, end]);
    assert.deepEqual(follow(1, none, none, none, none, 1, none).at(-1), 800);
  });
});

describe('where the system has no process to give', () => {
  test('it is tried for as long as it takes, never at once, where one has served', () => {
    let deaths: ServerDeaths = { streak: 1, failedStarts: 0, hasServed: true };
    const delays: (number | undefined)[] = [];
    for (let at = 0; at < 12; at += 1) {
      const next = nextTry(deaths);
      assert.notEqual(next.delayMs, undefined);
      if (next.delayMs !== undefined) deaths = next.deaths;
      delays.push(next.delayMs);
    }
    assert.deepEqual(delays, [100, 100, 100, 200, 400, 800, 1600, 2000, 2000, 2000, 2000, 2000]);
    assert.equal(nextStart(deaths, undefined).delayMs, 2000, 'and counts as no failed start');
  });

  test('it is the end, where none has', () => {
    assert.equal(nextTry(NO_DEATHS).delayMs, undefined);
  });
});
