import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HangResponse } from '#server/hang-response.ts';
import { StrandedConnections } from '#server/stranded-connections.ts';
import { ManagedThread } from '#threads/managed-thread.ts';

test('a thread that native code holds is given up at once, not when it has had the time to end', async () => {
  const lines: string[] = [];
  const thread = new ManagedThread({
    ...{ kind: 'server', index: 0, keepAlive: true },
    entry: new URL('./fixtures/held-thread.ts', import.meta.url),
    // Where this were waited for, the call would return and the thread end before.
    ...{ startTimeoutMs: 600_000, drainTimeoutMs: 600_000, terminateTimeoutMs: 600_000 },
  });
  const hangs = new HangResponse(
    {
      log: { write: (severity, message) => lines.push(`${severity} ${message}`) },
      cover: { threads: () => [thread], cover: () => undefined, uncover: () => undefined },
      stranded: new StrandedConnections(() => []),
      board: () => undefined,
      withdraw: () => lines.push('withdrawn'),
      counts: undefined,
    },
    { stallMs: 100, hangTimeoutMs: 200 },
  );
  await thread.ready;
  hangs.start();
  assert.equal((await thread.exited).kind, 'stuck');
  await hangs.stop();
  assert.match(lines.at(-2) ?? '', /^error server-0 hangs since [\s\S]*native code holds the thread/);
  assert.equal(lines.at(-1), 'withdrawn');
});
