import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PoolThreads } from '#pool/pool-threads.ts';
import { Gate } from './fixtures/gate.ts';
import { SenderSet } from './fixtures/sender-set.ts';

test('several senders use one set of pool threads', async () => {
  await using set = await new SenderSet(2, 3).start();
  const jobs = [0, 1, 2].flatMap((sender) => [1, 2, 3].map((value) => set.run(sender, 'double', [value])));
  assert.deepEqual(await Promise.all(jobs), [2, 4, 6, 2, 4, 6, 2, 4, 6]);
  for (const sender of [0, 1, 2]) await set.fill(sender, 2);
});

test('jobs given before any pool thread was started wait for it', async () => {
  await using set = new SenderSet(1, 1);
  await set.senders.startAll();
  const job = set.run(0, 'double', [4]);
  assert.deepEqual(await set.ping(0), { queued: 1, running: 0, completed: 0, failed: 0 });
  set.pool.start();
  assert.equal(await job, 8);
});

test('a sender with a long queue does not starve the others', async () => {
  await using set = await new SenderSet(1, 3).start();
  const gate = new Gate();
  const order = new SharedArrayBuffer(4 * 400);
  const first = set.run(0, 'passGate', [gate.buffer]);
  await gate.hasArrived(1);
  const jobs = [...Array(300)].map(() => set.run(0, 'noteStart', [order, 1]));
  await set.ping(0);
  for (const sender of [1, 2]) {
    jobs.push(...[...Array(20)].map(() => set.run(sender, 'noteStart', [order, sender + 1])));
    await set.ping(sender);
  }
  gate.open();
  await Promise.all([first, ...jobs]);
  const starts = [...new Int32Array(order).subarray(1, 341)];
  for (const sender of [2, 3]) {
    assert.ok(
      starts.lastIndexOf(sender) < 300,
      `the last job of sender ${sender} came as number ${starts.lastIndexOf(sender)}`,
    );
  }
});

test('a sender that is stuck while its jobs wait does not hold the pool from the others', async () => {
  await using set = await new SenderSet(1, 2).start();
  const [held, stuck] = [new Gate(), new Gate()];
  const first = set.run(1, 'passGate', [held.buffer]);
  await held.hasArrived(1);
  const late = [1, 2, 3].map((value) => set.run(0, 'double', [value]));
  await set.ping(0);
  set.stall(0, stuck);
  await stuck.hasArrived(1);
  const others = [4, 5, 6].map((value) => set.run(1, 'double', [value]));
  await set.ping(1);
  held.open();
  assert.deepEqual(await Promise.all([first, ...others]).then((all) => all.slice(1)), [8, 10, 12]);
  stuck.open();
  assert.deepEqual(await Promise.all(late), [2, 4, 6]);
});

test('a sender that dies loses its jobs; the thread that ran one serves the others', async () => {
  await using set = await new SenderSet(1, 2).start();
  const gate = new Gate();
  const lost = [set.run(0, 'passGate', [gate.buffer]), set.run(0, 'double', [1]), set.run(0, 'double', [2])];
  const settled = Promise.allSettled(lost);
  await gate.hasArrived(1);
  const waiting = set.run(1, 'double', [5]);
  await set.ping(1);
  await set.kill(0);
  for (const outcome of await settled) assert.equal(outcome.status, 'rejected');
  gate.open();
  assert.equal(await waiting, 10);
  // The replacement has the same place, but none of its forerunner's jobs.
  assert.deepEqual(await set.ping(0), { queued: 0, running: 0, completed: 0, failed: 0 });
  await set.fill(0, 1);
});

test('the time limit of a job outlives its sender', async () => {
  await using set = await new SenderSet(1, 2).start();
  const gate = new Gate();
  // Long enough for the sender to die first; were it not, the job would end by the same rule in the sender.
  const lost = set.run(0, 'spin', [gate.buffer], { timeoutMs: 300 });
  const settled = Promise.allSettled([lost]);
  await gate.hasArrived(1);
  await set.kill(0);
  await settled;
  assert.equal(await set.run(1, 'double', [3]), 6);
});

test('a pool thread that dies rejects the job of its sender only', async () => {
  await using set = await new SenderSet(2, 3).start();
  const gate = new Gate();
  const kept = set.run(0, 'passGate', [gate.buffer]);
  await gate.hasArrived(1);
  await assert.rejects(set.run(1, 'leave', [1]), { code: 'ERR_HEDDLE_POOL_WORKER_DIED' });
  gate.open();
  await kept;
  for (const sender of [0, 1, 2]) await set.fill(sender, 2);
});

test('a job given up in a sender has its worker replaced by the owner', async () => {
  await using set = await new SenderSet(1, 2).start();
  const late = set.run(0, 'spin', [new Gate().buffer], { timeoutMs: 10 });
  await assert.rejects(late, { code: 'ERR_HEDDLE_POOL_JOB_TIMEOUT' });
  assert.equal(await set.run(1, 'double', [3]), 6);
});

test('a worker that a sender gave up before it died is replaced all the same', async () => {
  const pool = new PoolThreads({ size: 1, senders: 1 });
  // Only the owner is left to notice: this sender never says so.
  const { JobSender } = await import('#pool/job-sender.ts');
  const told = { deliver: () => {}, workerGone: () => {}, failed: () => {} };
  let sender: InstanceType<typeof JobSender> | undefined;
  const seat = pool.connect(0, { ...told, deliver: (link) => sender?.attach(link) });
  sender = new JobSender(seat, { onCondemned: () => {} });
  pool.start();
  await assert.rejects(
    sender.execute(
      () => {
        for (;;);
      },
      [],
      { timeoutMs: 10 },
    ),
    { code: 'ERR_HEDDLE_POOL_JOB_TIMEOUT' },
  );
  pool.disconnect(0);
  let successor: InstanceType<typeof JobSender> | undefined;
  const nextSeat = pool.connect(0, { ...told, deliver: (link) => successor?.attach(link) });
  successor = new JobSender(nextSeat, { onCondemned: () => {} });
  assert.equal(await successor.execute(() => 1), 1);
  await Promise.all([sender.close(), successor.close()]);
  await pool.close();
});

test('when the pool threads are closed what still waits at a sender rejects with ERR_HEDDLE_POOL_CLOSED', async () => {
  await using set = await new SenderSet(1, 1).start();
  const gate = new Gate();
  const running = set.run(0, 'passGate', [gate.buffer]);
  const waiting = set.run(0, 'double', [1]);
  await gate.hasArrived(1);
  const closed = set.pool.close();
  await assert.rejects(waiting, { code: 'ERR_HEDDLE_POOL_CLOSED' });
  await assert.rejects(set.run(0, 'double', [1]), { code: 'ERR_HEDDLE_POOL_CLOSED' });
  gate.open();
  assert.equal(typeof (await running), 'number');
  await closed;
});

test('the owner hears of jobs only if it asked to, and of the failure of the tasks module', async () => {
  const heard: string[] = [];
  const listeners = {
    onJob: (worker: number, name: string) => heard.push(`${worker} got ${name}`),
    onDone: (worker: number, name: string) => heard.push(`${worker} did ${name}`),
    onTasksError: (worker: number, error: Error) => heard.push(`${worker} lacks tasks: ${error.message}`),
  };
  for (const reportJobs of [false, true]) {
    await using set = await new SenderSet(1, 1, { reportJobs, ...listeners }).start();
    await set.run(0, 'double', [1]);
  }
  assert.deepEqual(heard, ['0 got double', '0 did double']);
  const tasks = new URL('data:text/javascript,throw new Error("gone")');
  await using broken = await new SenderSet(1, 1, { tasks, ...listeners }).start();
  await assert.rejects(broken.run(0, 'double', [1]));
  assert.equal(heard.at(-1), '0 lacks tasks: gone');
});

test('there is no second sender at a place, and none outside the table', () => {
  const pool = new PoolThreads({ size: 1, senders: 2 });
  const told = { deliver: () => {}, workerGone: () => {}, failed: () => {} };
  pool.connect(1, told);
  assert.throws(() => pool.connect(1, told), RangeError);
  assert.throws(() => pool.connect(2, told), RangeError);
  assert.throws(() => pool.connect(-1, told), RangeError);
  pool.disconnect(1);
  pool.connect(1, told);
});
