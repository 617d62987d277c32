import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { connectionsExceeded, requestLimited, requestShed } from '#observe/events.ts';
import { logLimits } from '#observe/limit-log.ts';

describe('the log of limits', () => {
  const lines: string[] = [];
  let now = 0;
  let end: () => void;

  beforeEach(() => {
    mock.method(performance, 'now', () => now);
    lines.length = 0;
    end = logLimits((line) => lines.push(line));
  });
  afterEach(() => {
    end();
    mock.restoreAll();
  });

  test('says what was turned away, of each kind once a second, and how often it was', () => {
    for (now of [1000, 1400, 1900, 2100, 2200, 5000]) {
      connectionsExceeded.publish({ limit: 'max-connections', remoteAddress: '192.0.2.1' });
      connectionsExceeded.publish({ limit: 'max-connections-per-ip', remoteAddress: '' });
      requestLimited.publish({ method: 'GET', target: '/a', client: '2001:db8::1' });
      requestShed.publish({ reason: 'lag', method: 'PUT', target: '/b' });
      requestShed.publish({ reason: 'pool-queue', method: 'GET', target: '/c' });
    }
    const kinds = [
      '--max-connections is reached: a connection from 192.0.2.1 closed',
      '--max-connections-per-ip is reached: a connection from a local peer closed',
      '2001:db8::1 asks too often: GET /a answered 429',
      'the thread lags: PUT /b answered 503',
      'the queue of the pool is full: GET /c answered 503',
    ];
    assert.deepEqual(lines, [
      ...kinds,
      ...kinds.map((kind) => `${kind} (3 since the last line of this kind)`),
      ...kinds.map((kind) => `${kind} (2 since the last line of this kind)`),
    ]);
  });

  test('is silent once it has ended', () => {
    end();
    requestShed.publish({ reason: 'lag', method: 'PUT', target: '/b' });
    assert.deepEqual(lines, []);
    assert.equal(requestShed.hasSubscribers, false);
  });
});
