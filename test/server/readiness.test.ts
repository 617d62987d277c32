import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Readiness } from '#server/readiness.ts';
import { ThreadRecord, type ThreadsInSight } from '#server/threads-in-sight.ts';
import type { ManagedThread } from '#threads/managed-thread.ts';

/** Threads of which so many are healthy. */
function sight(healthy: number, record = new ThreadRecord()): ThreadsInSight {
  const server = [0, 1].map((index) => ({ index }) as ManagedThread);
  return {
    ...{ places: 2, server, pool: [], record },
    isHealthy: (thread) => thread.index < healthy,
    board: () => undefined,
    ...{ jobsWaiting: 0, isBusy: () => false },
  };
}

describe('readiness', () => {
  test('comes with the end of the start and goes with the beginning of the end, for good', () => {
    const readiness = new Readiness(() => sight(2));
    assert.equal(readiness.objection, 'starting');
    readiness.onStarted();
    assert.equal(readiness.objection, undefined);
    readiness.onClosing();
    assert.equal(readiness.objection, 'shutting down');
    readiness.onStarted();
    assert.equal(readiness.objection, 'shutting down');
  });

  test('needs one thread that is healthy', () => {
    let healthy = 1;
    const readiness = new Readiness(() => sight(healthy));
    readiness.onStarted();
    assert.equal(readiness.objection, undefined);
    healthy = 0;
    assert.equal(readiness.objection, 'no thread is healthy');
    healthy = 1;
    assert.equal(readiness.objection, undefined);
  });

  test('survives deaths, but not the giving-up of a place', () => {
    const record = new ThreadRecord();
    const readiness = new Readiness(() => sight(2, record));
    readiness.onStarted();
    record.noteDeath(1, 'restart');
    assert.equal(readiness.objection, undefined);
    record.noteDeath(1, 'given-up');
    assert.equal(readiness.objection, 'server-1 died too often and is given up');
    assert.deepEqual([record.deaths(0), record.deaths(1), record.givenUp], [0, 2, [1]]);
  });
});
