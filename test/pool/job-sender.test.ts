import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { ClaimTable, heldWord, idleWord, UNAVAILABLE } from '#pool/claim-table.ts';
import { JobSender } from '#pool/job-sender.ts';
import type { SenderMessage, WorkerMessage } from '#pool/pool-messages.ts';
import { packError } from '#threads/packed-error.ts';
import { countsOf } from './fixtures/counts.ts';

const TICKET = 1;
const DIED = packError(new Error('it died'));

/** One sender whose only pool thread is played by the test. */
class Scene {
  readonly table = ClaimTable.create(1, 1);
  readonly condemned: number[] = [];
  readonly sender: JobSender<{ job: (value: number) => number }>;
  #port: MessagePort | undefined;
  #epoch = 0;

  constructor(t: TestContext) {
    t.after(() => this.close());
    const seat = { table: this.table.buffer, sender: 0, ticket: TICKET, links: [] };
    this.sender = new JobSender(seat, {
      abortGraceMs: 0,
      onCondemned: (worker) => this.condemned.push(worker),
    });
  }

  /** A pool thread comes: told to the sender, not yet idle. */
  attach(): void {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#epoch += 1;
    this.sender.attach({ worker: 0, epoch: this.#epoch, port: port2 });
  }

  rest(from: number = UNAVAILABLE): void {
    assert.equal(this.table.rest(0, from, this.#epoch), true);
  }

  offer(): void {
    assert.equal(this.table.offer(0, idleWord(this.#epoch), this.#epoch, TICKET), true);
    this.post({ kind: 'offer' });
  }

  /** The job is done: the first of its hold. */
  end(value: number): void {
    this.post({ kind: 'ends', slot: 0, ends: [{ value, ms: 1 }], offered: false });
  }

  /** The same, and it is the sender's turn again. */
  endAndOffer(value: number): void {
    const held = heldWord(this.#epoch, TICKET);
    assert.equal(this.table.offer(0, held, this.#epoch, TICKET), true);
    this.post({ kind: 'ends', slot: 0, ends: [{ value, ms: 1 }], offered: true });
  }

  post(message: WorkerMessage): void {
    this.#port?.postMessage(message);
  }

  /** The kind of the next message to the pool thread. */
  read(): string | undefined {
    const message: SenderMessage | undefined = this.#port && receiveMessageOnPort(this.#port)?.message;
    if (message?.kind === 'jobs') for (const at of message.jobs.keys()) this.table.begin(0, TICKET, at);
    return message?.kind;
  }

  /** Resolves when the sender has read what was posted to it: it answers offers it cannot take. */
  async isRead(kind: string): Promise<void> {
    for (;;) {
      const seen = this.read();
      if (seen === kind) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async close(): Promise<void> {
    this.sender.abort();
    await this.sender.close();
    this.#port?.close();
  }
}

/** Jobs are sent when the turn in which they were given is over. */
function sent(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

test('a job waits for a pool thread, and is sent when one becomes known that is idle', async (t) => {
  const scene = new Scene(t);
  const job = scene.sender.execute('job', [1]);
  await sent();
  assert.equal(scene.table.isWaiting(0), true);
  scene.table.rest(0, UNAVAILABLE, 1);
  scene.attach();
  assert.equal(scene.read(), 'jobs');
  assert.equal(scene.table.isWaiting(0), false);
  scene.end(2);
  assert.equal(await job, 2);
});

test("a result that arrived before word of its worker's death counts", async (t) => {
  const scene = new Scene(t);
  scene.attach();
  scene.rest();
  const job = scene.sender.execute('job', [1]);
  await sent();
  scene.end(2);
  scene.sender.detach(0, DIED);
  assert.equal(await job, 2);
});

test('word of a death comes once or twice, the job rejects once, and the next thread takes the next job', async (t) => {
  const scene = new Scene(t);
  scene.attach();
  scene.rest();
  const job = scene.sender.execute('job', [1]);
  const next = scene.sender.execute('job', [2]);
  await sent();
  assert.equal(scene.read(), 'jobs');
  scene.table.withdraw(0);
  scene.sender.detach(0, DIED);
  scene.sender.detach(0, DIED);
  await assert.rejects(job, { code: 'ERR_HEDDLE_POOL_WORKER_DIED', message: /it died$/ });
  scene.table.rest(0, UNAVAILABLE, 2);
  scene.attach();
  assert.equal(scene.read(), 'jobs');
  scene.end(4);
  assert.equal(await next, 4);
  assert.deepEqual(countsOf(scene.sender.stats), { queued: 0, running: 0, completed: 1, failed: 1 });
});

test('an offer when nothing waits any more is answered with a release', async (t) => {
  const scene = new Scene(t);
  scene.attach();
  scene.rest();
  scene.offer();
  await scene.isRead('release');
});

test('an offer that was taken back is answered with a missed-offer, and costs no job', async (t) => {
  const scene = new Scene(t);
  scene.attach();
  scene.post({ kind: 'offer' });
  await scene.isRead('missed-offer');
  scene.rest();
  const job = scene.sender.execute('job', [1]);
  await sent();
  assert.equal(scene.read(), 'jobs');
  scene.end(2);
  assert.equal(await job, 2);
});

test('an old offer that arrives before a result does not bring a second job to the worker', async (t) => {
  const scene = new Scene(t);
  scene.attach();
  scene.rest();
  const job = scene.sender.execute('job', [1]);
  const next = scene.sender.execute('job', [2]);
  await sent();
  assert.equal(scene.read(), 'jobs');
  scene.post({ kind: 'offer' });
  scene.end(2);
  assert.equal(await job, 2);
  assert.equal(scene.read(), undefined);
  const settled = assert.rejects(next, { code: 'ERR_HEDDLE_POOL_ABORTED' });
  scene.sender.abort();
  await settled;
});

test('a job whose answer is on the way when it is given up rejects, and its worker is not condemned', async (t) => {
  const scene = new Scene(t);
  scene.attach();
  scene.rest();
  const caller = new AbortController();
  const job = scene.sender.execute('job', [1], { signal: caller.signal });
  await sent();
  assert.equal(scene.read(), 'jobs');
  // The worker is done and idle again; its answer has not been read.
  scene.table.withdraw(0);
  scene.rest();
  scene.end(2);
  caller.abort();
  const next = scene.sender.execute('job', [2]);
  await sent();
  await assert.rejects(job, { name: 'AbortError' });
  assert.deepEqual(scene.condemned, []);
  // Only when that answer was read is the worker given the next job.
  await scene.isRead('jobs');
  scene.end(4);
  assert.equal(await next, 4);
});

test('a job given up while it runs condemns its worker once', async (t) => {
  const scene = new Scene(t);
  scene.attach();
  scene.rest();
  const caller = new AbortController();
  const job = scene.sender.execute('job', [1], { signal: caller.signal });
  await sent();
  assert.equal(scene.read(), 'jobs');
  caller.abort();
  await assert.rejects(job, { name: 'AbortError' });
  assert.equal(scene.table.isCondemned(0), true);
  assert.deepEqual(scene.condemned, [0]);
  scene.sender.detach(0, DIED);
});

test('an offer that comes to light when a job is given up is taken', async (t) => {
  const scene = new Scene(t);
  scene.attach();
  scene.rest();
  const caller = new AbortController();
  const job = scene.sender.execute('job', [1], { signal: caller.signal });
  await sent();
  assert.equal(scene.read(), 'jobs');
  const next = scene.sender.execute('job', [2]);
  await sent();
  scene.endAndOffer(2);
  caller.abort();
  await assert.rejects(job, { name: 'AbortError' });
  assert.equal(scene.read(), 'jobs');
  scene.end(4);
  assert.equal(await next, 4);
});

test('when no pool thread will come what waits and what comes rejects with the reason', async (t) => {
  const scene = new Scene(t);
  const job = scene.sender.execute('job', [1]);
  await sent();
  scene.sender.fail(packError(Object.assign(new Error('none'), { code: 'E_NONE' })));
  await assert.rejects(job, { code: 'E_NONE' });
  await assert.rejects(scene.sender.execute('job', [1]), { code: 'E_NONE' });
});
