import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AddressCounts } from '#net/address-counts.ts';
import type { Settings } from '#server/serve-options.ts';
import { objectLayer, settleConfig } from '#server/server-config.ts';
import { SharedLimits } from '#server/shared-limits.ts';
import type { ManagedThread } from '#threads/managed-thread.ts';

const KEY = { high: -1, low: 1 };

function settingsOf(options: object): Settings {
  return settleConfig([objectLayer(options, 'the test')]).settings;
}

/** Nothing of a thread is asked but who it is. */
function someThread(): ManagedThread {
  return {} as ManagedThread;
}

function open(limits: SharedLimits, thread: ManagedThread, settings: Settings): AddressCounts {
  const { connections } = limits.open(thread, settings, 2);
  assert.ok(connections);
  return new AddressCounts(connections.buffer, connections.place);
}

describe('memory that threads share for limits', () => {
  test('is none where nothing is limited', () => {
    const memory = new SharedLimits().open(someThread(), settingsOf({}), 2);
    assert.deepEqual(memory, { connections: undefined, buckets: undefined });
  });

  test('has a place of its own for each thread, which is free and empty when it has ended', () => {
    const limits = new SharedLimits();
    const settings = settingsOf({ maxConnectionsPerIp: 3 });
    const stays = open(limits, someThread(), settings);
    stays.enter(KEY, 3);
    // More than there are places.
    for (let count = 0; count < 100; count += 1) {
      const thread = someThread();
      assert.equal(open(limits, thread, settings).enter(KEY, 3), 'counted');
      assert.equal(stays.count(KEY), 2);
      limits.close(thread);
      assert.equal(stays.count(KEY), 1);
    }
  });

  test('has room for as many connections as a reload lets threads have', () => {
    const limits = new SharedLimits();
    const before = someThread();
    open(limits, before, settingsOf({ maxConnectionsPerIp: 3, maxConnections: 2 }));
    const more = settingsOf({ maxConnectionsPerIp: 3, maxConnections: 1000 });
    const [first, second] = [open(limits, someThread(), more), open(limits, someThread(), more)];
    for (let low = 0; low < 1000; low += 1) assert.equal(first.enter({ high: -1, low }, 3), 'counted');
    assert.equal(second.count(KEY), 1);
    limits.close(before);
    assert.equal(second.count(KEY), 1);
  });

  test('keeps what clients have asked for as long as the rate is the same', () => {
    const limits = new SharedLimits();
    const bucketsAt = (rateLimit: string) => limits.open(someThread(), settingsOf({ rateLimit }), 2).buckets;
    const first = bucketsAt('10/s');
    assert.ok(first);
    assert.equal(bucketsAt('10/s'), first);
    assert.notEqual(bucketsAt('20/s'), first);
  });
});
