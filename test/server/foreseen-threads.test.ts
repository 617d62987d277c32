import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { usableCpus } from '#server/cpu-count.ts';
import { serve } from '#server/serve.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The names of the threads that a start has started. */
async function namesOf(work: () => Promise<unknown>): Promise<{ names: string[]; workers: Worker[] }> {
  const workers: Worker[] = [];
  const names: string[] = [];
  const note = (worker: Worker): void => {
    workers.push(worker);
    names.push(worker.threadName ?? '');
  };
  process.on('worker', note);
  try {
    await work();
  } finally {
    process.off('worker', note);
  }
  return { names, workers };
}

const log = { write: () => undefined };

test('as many threads as there are CPUs load heddle while the first loads the app; they end where that fails', async () => {
  const folder = temporaryFolder({ 'app.mjs': "throw new Error('on purpose');" });
  const start = () => serve({ app: `${folder}/app.mjs`, port: 0 }, { log });
  const { names, workers } = await namesOf(() => assert.rejects(start(), /on purpose/));
  const count = Math.min(8, usableCpus().count);
  assert.deepEqual(
    names,
    Array.from({ length: count }, (_, at) => `heddle://server-${at}`),
  );
  await Promise.all(workers.map((worker) => worker.threadId === -1 || once(worker, 'exit')));
});

test('an app has as many threads as it says, whatever was foreseen; one of those is the spare', async () => {
  const app = "export default { threads: 1, fetch: () => new Response('x') };";
  const folder = temporaryFolder({ 'app.mjs': app });
  const below = { origin: () => 'the test', values: { threads: 3 } };
  const { names } = await namesOf(async () => {
    const server = await serve(
      { app: `${folder}/app.mjs`, port: 0, idleGraceMs: 0 },
      { log, defaults: below },
    );
    assert.equal(server.threads.count, 1);
    assert.equal(await (await fetch(server.url)).text(), 'x');
    await server.close();
  });
  assert.deepEqual(names, ['heddle://server-0', 'heddle://server-1', 'heddle://server-2']);
});
