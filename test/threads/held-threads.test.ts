import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ManagedThread } from '#threads/managed-thread.ts';
import { ThreadSupervisor } from '#threads/supervisor.ts';

test('of threads that native code holds so many are borne, then a place is given up', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'heddle-'));
  const [running, letGo] = [join(folder.path, 'running'), join(folder.path, 'let-go')];
  execFileSync('mkfifo', [running, letGo]);
  const ends: string[] = [];
  const supervisor = new ThreadSupervisor({
    kind: 'test',
    size: 1,
    entry: new URL('./fixtures/thread.ts', import.meta.url),
    launch: () => ({ workerData: { acts: ['ready'], running, letGo } }),
    terminateTimeoutMs: 5,
    mostHeld: 1,
    onExit: (_, exit, next) => ends.push(`${exit.kind} ${next}`),
  });
  await supervisor.startAll();
  const held: ManagedThread[] = [];
  for (let turn = 0; turn < 2; turn += 1) {
    const thread = supervisor.thread(0);
    assert.ok(thread);
    held.push(thread);
    await thread.ready;
    thread.post('block-natively');
    await readFile(running);
    await thread.terminate();
    assert.equal(thread.isHeld, true);
  }
  assert.deepEqual(ends, ['stuck restart', 'stuck given-up']);
  // Both read from the same pipe: one gets the line, the other its end.
  await writeFile(letGo, 'go\n');
  while (held.some((thread) => thread.isHeld)) await new Promise((resolve) => setImmediate(resolve));
});
