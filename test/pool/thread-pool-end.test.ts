import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ThreadPool } from '#pool/thread-pool.ts';
import { countsOf } from './fixtures/counts.ts';
import { Gate } from './fixtures/gate.ts';

type Tasks = typeof import('./fixtures/tasks.ts');
const tasks = new URL('./fixtures/tasks.ts', import.meta.url);

test('close finishes what runs and what waits, then takes no more', async () => {
  const pool = new ThreadPool<Tasks>({ tasks, size: 1 });
  const gate = new Gate();
  const running = pool.execute('passGate', [gate.buffer]);
  const waiting = [1, 2, 3].map((value) => pool.execute('double', [value]));
  await gate.hasArrived(1);
  const closed = pool.close();
  await assert.rejects(pool.execute('double', [9]), { code: 'ERR_HEDDLE_POOL_CLOSED' });
  gate.open();
  await closed;
  assert.deepEqual(countsOf(pool.stats), { size: 1, queued: 0, running: 0, completed: 4, failed: 0 });
  assert.deepEqual(await Promise.all([running, ...waiting]).then((all) => all.slice(1)), [2, 4, 6]);
});

test('close replaces a worker that dies while jobs still wait', async () => {
  const pool = new ThreadPool<Tasks>({ tasks, size: 1 });
  const died = assert.rejects(pool.execute('leave', [1]), { code: 'ERR_HEDDLE_POOL_WORKER_DIED' });
  const waiting = pool.execute('double', [3]);
  await Promise.all([pool.close(), died]);
  assert.equal(await waiting, 6);
});

test('closing again gives the same promise, and a pool that never had a job can be closed', async () => {
  const pool = new ThreadPool(2);
  const closed = pool.close();
  assert.equal(pool.close(), closed);
  assert.equal(pool[Symbol.asyncDispose](), closed);
  await closed;
});

test('await using closes the pool at the end of its block', async () => {
  const events: string[] = [];
  let job: Promise<number>;
  {
    await using pool = new ThreadPool<Tasks>({ tasks, size: 2 });
    pool.on('disconnect', ({ worker }) => events.push(`disconnect ${worker}`));
    job = pool.execute('double', [5]);
  }
  assert.equal(await job, 10);
  assert.deepEqual(events.toSorted(), ['disconnect 0', 'disconnect 1']);
});

test('the events tell the story of the book: jobs, shutting down in order, disconnecting', async () => {
  const lines: string[] = [];
  const pool = new ThreadPool<Tasks>({ tasks, size: 2 })
    .on('job', ({ worker, name }) => lines.push(`Worker ${worker} got a job; executing. ${name}`))
    .on('done', ({ worker, name }) => lines.push(`Worker ${worker} is done. ${name}`))
    .on('shutdown', ({ worker }) => lines.push(`Shutting down worker ${worker}`))
    .on('disconnect', ({ worker }) => lines.push(`Worker ${worker} disconnected; shutting down.`));
  await pool.execute('double', [1]).then(() => lines.push('result'));
  await pool.close();
  const [, worker] = /Worker (\d)/.exec(lines[0] ?? '') ?? [];
  assert.deepEqual(lines.slice(0, 4), [
    `Worker ${worker} got a job; executing. double`,
    `Worker ${worker} is done. double`,
    'result',
    'Shutting down worker 0',
  ]);
  assert.deepEqual(lines.slice(4).toSorted(), [
    'Shutting down worker 1',
    'Worker 0 disconnected; shutting down.',
    'Worker 1 disconnected; shutting down.',
  ]);
});

test('a listener can be taken away', async () => {
  await using pool = new ThreadPool<Tasks>({ tasks, size: 1 });
  const heard: string[] = [];
  const listener = ({ name }: { name: string }) => heard.push(name);
  pool.on('job', listener);
  await pool.execute('double', [1]);
  pool.off('job', listener);
  await pool.execute('thread');
  assert.deepEqual(heard, ['double']);
});

test('abort rejects waiting and running jobs with the reason and stops the workers', async () => {
  const pool = new ThreadPool<Tasks>({ tasks, size: 1 });
  const gate = new Gate();
  const jobs = [pool.execute('spin', [gate.buffer]), pool.execute('double', [1])];
  await gate.hasArrived(1);
  const reason = new Error('the building is on fire');
  const ended = pool.abort(reason);
  const outcomes = await Promise.allSettled(jobs);
  assert.ok(outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason === reason));
  await ended;
  await assert.rejects(pool.execute('double', [1]), { code: 'ERR_HEDDLE_POOL_CLOSED' });
  assert.deepEqual(countsOf(pool.stats), { size: 1, queued: 0, running: 0, completed: 0, failed: 2 });
});

test('abort without a reason rejects with ERR_HEDDLE_POOL_ABORTED, and lets a close in progress end', async () => {
  const pool = new ThreadPool<Tasks>({ tasks, size: 1 });
  const gate = new Gate();
  const job = pool.execute('spin', [gate.buffer]);
  await gate.hasArrived(1);
  const closed = pool.close();
  const ended = pool.abort();
  await assert.rejects(job, { code: 'ERR_HEDDLE_POOL_ABORTED' });
  await Promise.all([closed, ended]);
});

for (const use of ['used', 'unused']) {
  test(`a program that never closes its ${use} pool ends by itself`, async () => {
    const script = fileURLToPath(new URL('./fixtures/idle-pool.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script, use]);
    assert.equal(stdout, use === 'used' ? '2 4 6\n' : '');
  });
}
