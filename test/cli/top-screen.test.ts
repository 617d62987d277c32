import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LivePoint, LiveSnapshot } from '#server/live-snapshot.ts';
import { drawScreen } from '../../src/cli/top-screen.ts';

/** The time of day, as the log has it. */
function clock(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

const now: LivePoint = {
  ...{
    at: 1_790_000_000_000,
    requests: 850.5,
    p50: 0.06,
    p99: 408,
    jobs: 96,
    waiting: 13,
    busy: 1,
    refused: 0,
  },
};
const SNAPSHOT: LiveSnapshot = {
  ...{ at: now.at, startedAt: now.at - 3_723_000, version: '1.2.3', node: '26.0.0', pid: 42, ready: 'ok' },
  ...{ generation: 2, generations: 1, connections: 37, inFlight: 15, now, p50: 0.06, p99: 408 },
  totals: {
    ...{
      requests: 1000,
      codes: {},
      refusals: 2,
      sheds: 1,
      timeouts: 2,
      failures: 3,
      jobs: 9,
      deaths: 1,
      reloads: 1,
    },
  },
  server: [
    {
      ...{
        index: 0,
        phase: 'ready',
        moves: true,
        load: 0.51,
        lagMs: 1.9,
        connections: 15,
        requests: 375,
        deaths: 0,
      },
      ...{ at: [{ line: 'GET /\x1b[2Ja', ms: 193, isAnswering: true }], more: 4 },
    },
    {
      ...{
        index: 1,
        phase: 'ready',
        moves: false,
        load: 1,
        lagMs: 1200,
        connections: 2,
        requests: 0,
        deaths: 1,
      },
      ...{ at: [], more: 0 },
    },
  ],
  pool: [
    { index: 0, phase: 'ready', isBusy: true, load: 1 },
    { index: 1, phase: 'ready', isBusy: false, load: 0 },
  ],
  entries: [{ at: now.at, severity: 'error', message: 'server-1 died (error)\n    at somewhere' }],
};

describe('the screen of heddle top', () => {
  const plain = drawScreen(SNAPSHOT, { width: 100, isColoured: false });

  test('tells how it is in words, without a byte that a terminal would obey', () => {
    const text = plain.join('\n');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f]/);
    for (const part of [
      ...[
        'heddle 1.2.3  ready  generation 2  up 1 h 2 min  process 42',
        '850.5 requests/s   p50 0.06 ms   p99 408 ms',
      ],
      ...[
        '3 refused',
        '5 failed',
        '1 thread lost',
        'sending, 193 ms',
        'and 4 more',
        '■ □',
        '1 of 2 at work, 13 waiting, 96 jobs/s',
      ],
      `${clock(now.at)} error server-1 died (error)`,
    ])
      assert.ok(text.includes(part), part);
    assert.match(text, /server-0 +ready +█████░░░░░ +51 % +1\.9 ms +15 +375/);
    assert.match(text, /server-1 +stalled +██████████ 100 % +1\.2 s/);
    assert.doesNotMatch(text, /at somewhere/);
  });

  test('fits the screen, however narrow', () => {
    for (const width of [1, 20, 40, 80])
      for (const line of drawScreen(SNAPSHOT, { width, isColoured: false, points: [now, now, now] }))
        assert.ok(line.length <= width || width < 34, `${width}: ${line}`);
  });

  test('colours what it says in words as well, and draws the last seconds', () => {
    const coloured = drawScreen(SNAPSHOT, {
      width: 100,
      isColoured: true,
      points: [now, { ...now, requests: 1 }],
    });
    assert.ok(coloured.some((line) => line.startsWith('\x1b[31mserver-1')));
    assert.ok(coloured.some((line) => /requests\/s +█▁ 850\.5/.test(line)));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are made of them
    const bare = coloured.map((line) => line.replaceAll(/\x1b\[\d+m/g, ''));
    assert.deepEqual(bare.slice(0, 5), plain.slice(0, 5));
  });
});
