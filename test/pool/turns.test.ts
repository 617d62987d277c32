import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { ClaimTable } from '#pool/claim-table.ts';
import { Turns } from '#pool/turns.ts';

const EPOCH = 5;

/** One pool thread's turns, seen by senders that are played by the test; ticket = sender + 1. */
class Scene {
  readonly table: ClaimTable;
  readonly turns: Turns;
  readonly ports: MessagePort[] = [];

  constructor(t: TestContext, senders: number, table = ClaimTable.create(1, senders)) {
    this.table = table;
    this.turns = new Turns(table, 0, EPOCH);
    for (let sender = 0; sender < senders; sender += 1) this.join(sender);
    t.after(() => {
      this.turns.leave();
      for (const port of this.ports) port.close();
    });
  }

  join(sender: number): void {
    const { port1, port2 } = new MessageChannel();
    this.ports[sender] = port2;
    this.turns.add({ sender, ticket: sender + 1, port: port1 });
  }

  /** Which senders have an unread offer. */
  offered(): number[] {
    return this.ports.flatMap((port, sender) =>
      receiveMessageOnPort(port)?.message.kind === 'offer' ? sender : [],
    );
  }

  claim(sender: number): boolean {
    return this.table.claim(0, EPOCH, sender + 1);
  }

  accept(sender: number): boolean {
    return this.table.accept(0, EPOCH, sender + 1);
  }
}

test('a thread cannot be taken before it is open, then by one sender only', (t) => {
  const scene = new Scene(t, 2);
  assert.equal(scene.claim(0), false);
  scene.turns.open();
  assert.equal(scene.claim(0), true);
  assert.equal(scene.claim(1), false);
  assert.equal(scene.turns.finish(1), false);
  assert.equal(scene.claim(1), true);
});

test('a thread that opens offers itself to who is waiting, and only that sender can take it', (t) => {
  const scene = new Scene(t, 2);
  scene.table.setWaiting(1, 3);
  scene.turns.open();
  assert.deepEqual(scene.offered(), [1]);
  assert.equal(scene.claim(0), false);
  assert.equal(scene.accept(0), false);
  assert.equal(scene.accept(1), true);
});

test('a thread goes round robin, starting behind the sender it served', (t) => {
  const scene = new Scene(t, 3);
  scene.turns.open();
  scene.claim(1);
  scene.turns.begin(2);
  for (const sender of [0, 1, 2]) scene.table.setWaiting(sender, 9);
  const served: number[] = [];
  for (let ticket = 2, round = 0; round < 6; round += 1) {
    assert.equal(scene.turns.finish(ticket), false);
    const [sender = -1] = scene.offered();
    served.push(sender);
    assert.equal(scene.accept(sender), true);
    ticket = sender + 1;
    scene.turns.begin(ticket);
  }
  assert.deepEqual(served, [2, 0, 1, 2, 0, 1]);
});

test('a sender that alone is waiting is told with its result that it is its turn again', (t) => {
  const scene = new Scene(t, 2);
  scene.turns.open();
  scene.claim(0);
  scene.turns.begin(1);
  scene.table.setWaiting(0, 1);
  assert.equal(scene.turns.finish(1), true);
  assert.deepEqual(scene.offered(), []);
  assert.equal(scene.accept(0), true);
});

test('a job that comes between the look and the rest is not left waiting', (t) => {
  class RacingTable extends ClaimTable {
    override rest(worker: number, from: number, epoch: number): boolean {
      // The sender looked for an idle thread before this one was: it can only wait.
      this.setWaiting(0, 1);
      return super.rest(worker, from, epoch);
    }
  }
  const scene = new Scene(t, 1, new RacingTable(ClaimTable.create(1, 1).buffer));
  scene.turns.open();
  assert.deepEqual(scene.offered(), [0]);
});

test('a sender that was waiting before the thread knew it gets an offer when it is made known', (t) => {
  const scene = new Scene(t, 1, ClaimTable.create(1, 2));
  scene.table.setWaiting(1, 1);
  scene.turns.open();
  assert.deepEqual(scene.offered(), []);
  scene.join(1);
  assert.deepEqual(scene.offered(), [1]);
});

test('a sender with nothing left to run releases the thread to the next', (t) => {
  const scene = new Scene(t, 2);
  for (const sender of [0, 1]) scene.table.setWaiting(sender, 1);
  scene.turns.open();
  assert.deepEqual(scene.offered(), [0]);
  assert.equal(scene.accept(0), true);
  scene.table.setWaiting(0, 0);
  scene.turns.release(1);
  assert.deepEqual(scene.offered(), [1]);
});

test('an offer that is not answered is taken back and goes to the next', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const scene = new Scene(t, 2);
  for (const sender of [0, 1]) scene.table.setWaiting(sender, 1);
  scene.turns.open();
  assert.deepEqual(scene.offered(), [0]);
  t.mock.timers.tick(50);
  assert.deepEqual(scene.offered(), [1]);
  assert.equal(scene.accept(0), false);
  assert.equal(scene.accept(1), true);
  scene.turns.begin(2);
  // The stuck sender is passed over from then on.
  assert.equal(scene.turns.finish(2), true);
  assert.equal(scene.accept(1), true);
  scene.table.setWaiting(1, 0);
  scene.turns.begin(2);
  assert.equal(scene.turns.finish(2), false);
  assert.deepEqual(scene.offered(), []);
  scene.turns.excuse(1);
  assert.deepEqual(scene.offered(), [0]);
  assert.equal(scene.accept(0), true);
});

test('an offer that follows one that was answered has its full time', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const scene = new Scene(t, 1);
  scene.table.setWaiting(0, 2);
  scene.turns.open();
  assert.equal(scene.accept(0), true);
  scene.turns.begin(1);
  t.mock.timers.tick(49);
  assert.equal(scene.turns.finish(1), true);
  t.mock.timers.tick(49);
  assert.equal(scene.accept(0), true);
});

test('what a dead sender held is free, but not while its job runs', (t) => {
  const scene = new Scene(t, 2);
  scene.turns.open();
  scene.claim(0);
  scene.turns.remove(1, false);
  assert.equal(scene.claim(1), true);
  scene.turns.begin(2);
  scene.turns.remove(2, true);
  assert.equal(scene.claim(1), false);
  scene.turns.finish(2);
  assert.equal(scene.claim(1), true);
});

test('an offer to a sender that dies goes to the next', (t) => {
  const scene = new Scene(t, 2);
  for (const sender of [0, 1]) scene.table.setWaiting(sender, 1);
  scene.turns.open();
  assert.deepEqual(scene.offered(), [0]);
  scene.table.setWaiting(0, 0);
  scene.turns.remove(1, false);
  assert.deepEqual(scene.offered().at(-1), 1);
});

test('a condemned thread does nothing more, and only its holder can condemn it', (t) => {
  const scene = new Scene(t, 2);
  scene.turns.open();
  assert.equal(scene.table.condemn(0, EPOCH, 1), false);
  scene.claim(0);
  assert.equal(scene.table.condemn(0, EPOCH, 2), false);
  assert.equal(scene.table.condemn(0, EPOCH, 1), true);
  assert.equal(scene.table.isCondemned(0), true);
  scene.table.setWaiting(1, 1);
  assert.equal(scene.turns.finish(1), false);
  assert.deepEqual(scene.offered(), []);
  scene.table.withdraw(0);
  assert.equal(scene.table.isCondemned(0), false);
});

test('a sender that has not heard of the death of a thread cannot take its replacement', (t) => {
  const scene = new Scene(t, 1);
  scene.turns.open();
  assert.equal(scene.table.claim(0, EPOCH - 1, 1), false);
  assert.equal(scene.claim(0), true);
});

test('a thread that leaves lets a held job come first, and cannot be taken afterwards', (t) => {
  const scene = new Scene(t, 1);
  scene.turns.open();
  scene.claim(0);
  assert.equal(scene.turns.leave(), false);
  scene.turns.finish(1);
  assert.equal(scene.turns.leave(), true);
  assert.equal(scene.claim(0), false);
});
