import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { diagnose } from '#threads/diagnosis.ts';
import { ManagedThread } from '#threads/managed-thread.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A worker that hangs by now. */
async function hanging(way: string, inside = ''): Promise<{ worker: Worker; flags: Int32Array }> {
  const flags = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL('./fixtures/hanging.ts', import.meta.url), {
    workerData: { way, inside, flags: flags.buffer },
  });
  const { value } = Atomics.waitAsync(flags, 0, 0);
  await value;
  return { worker, flags };
}

function look(worker: Worker, expression = 'whoIsIt()') {
  return diagnose({ threadId: worker.threadId, systemId: 0, expression, timeoutMs: 5000, isHot: true });
}

suite('the diagnosis of a thread that hangs', () => {
  for (const [way, functionName] of [
    ['loop', 'spin'],
    ['regexp', 'regexp'],
    ['microtasks', 'microtasks'],
  ] as const) {
    test(`names function, file, line and column, and whose work it is, after some awaits (${way})`, async () => {
      const { worker } = await hanging(way);
      const diagnosis = await look(worker);
      assert.ok(diagnosis.kind === 'javascript');
      const frame = diagnosis.frames.find(({ url }) => url.endsWith('/fixtures/hanging.ts'));
      assert.equal(frame?.functionName, functionName);
      assert.ok(frame.line > 1 && frame.column > 1);
      assert.equal(diagnosis.value, 'the culprit');
      await worker.terminate();
    });
  }

  test('lets the thread go on: it can be looked at again, and terminated', async () => {
    const { worker } = await hanging('loop');
    for (let time = 0; time < 3; time += 1) assert.equal((await look(worker)).kind, 'javascript');
    assert.equal(await worker.terminate(), 1);
  });

  test('may be given up at any step: the process lives on', async () => {
    // No frame of it is of a file, so that it is asked to step on as often as any ever is.
    const worker = new Worker('(function next() { setImmediate(next); })();', { eval: true });
    await once(worker, 'online');
    for (let round = 0; round < 200; round += 1) {
      const timeoutMs = 1 + (round % 25);
      await diagnose({ threadId: worker.threadId, systemId: 0, expression: '1', timeoutMs, isHot: false });
    }
    await worker.terminate();
    // And can look at others.
    const { worker: next } = await hanging('loop');
    assert.equal((await look(next)).kind, 'javascript');
    await next.terminate();
  });

  test('finds a thread among others, which go on as before', async () => {
    const other = new Worker(
      'setInterval(() => require("node:worker_threads").parentPort.postMessage(1), 5)',
      {
        eval: true,
      },
    );
    const { worker } = await hanging('loop');
    const diagnosis = await look(worker);
    assert.ok(diagnosis.kind === 'javascript' && diagnosis.value === 'the culprit');
    await new Promise((resolve) => other.once('message', resolve));
    await Promise.all([worker.terminate(), other.terminate()]);
  });

  test('says nothing where the expression fails, and still gives the stack', async () => {
    const { worker } = await hanging('loop');
    const diagnosis = await look(worker, 'noSuchThing()');
    assert.ok(diagnosis.kind === 'javascript' && diagnosis.frames.length > 0);
    assert.equal(diagnosis.value, undefined);
    await worker.terminate();
  });

  test('gives up on a thread that native code holds, and takes the pause back', async () => {
    const inside = join(temporaryFolder(), 'inside');
    execFileSync('mkfifo', [inside]);
    const { worker } = await hanging('native', inside);
    await readFile(inside);
    const { threadId } = worker;
    const diagnosis = await diagnose({
      threadId,
      systemId: process.pid,
      expression: '1',
      timeoutMs: 50,
      isHot: true,
    });
    assert.ok(diagnosis.kind === 'native');
    if (process.platform === 'linux') assert.match(diagnosis.detail, /^state [RS], waits in /);
    // When the call returns the thread is not left standing at a pause that nobody waits for.
    await worker.terminate();
  });

  test('is waited for by whoever terminates the thread meanwhile', async () => {
    const flags = new Int32Array(new SharedArrayBuffer(8));
    const thread = new ManagedThread({
      kind: 'test',
      index: 0,
      entry: new URL('./fixtures/hanging.ts', import.meta.url),
      workerData: { way: 'loop', flags: flags.buffer },
      keepAlive: true,
      startTimeoutMs: 60_000,
      drainTimeoutMs: 60_000,
      terminateTimeoutMs: 60_000,
    });
    await Atomics.waitAsync(flags, 0, 0).value;
    const { value: whenPaused } = Atomics.waitAsync(flags, 1, 0);
    const order: string[] = [];
    const { threadId } = thread;
    const diagnosis = diagnose({
      threadId,
      systemId: 0,
      expression: 'sayPaused()',
      timeoutMs: 5000,
      isHot: true,
    });
    void diagnosis.then(() => order.push('diagnosed'));
    await whenPaused;
    const exit = await thread.terminate();
    order.push('terminated');
    assert.equal(exit.kind, 'terminated');
    assert.deepEqual(order, ['diagnosed', 'terminated']);
    const found = await diagnosis;
    assert.ok(found.kind === 'javascript' && found.value === 'was paused');
  });
});
