import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NO_DEATHS, nextStart, type ServerDeaths } from '#launcher/next-start.ts';

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
