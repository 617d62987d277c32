/**
 * Who holds which pool thread, in memory that all threads share. No other file touches these words.
 *
 * One word per pool thread says who may send it a job:
 *
 * | word | meaning | may become |
 * |---|---|---|
 * | `UNAVAILABLE` | starting, dead, or leaving | idle or offered, by the thread when it is ready |
 * | `CONDEMNED` | its holder gave up the job that runs on it | `UNAVAILABLE`, by the owner, which replaces the thread |
 * | idle | whoever has a job may take it | held, by a sender; offered, by the thread |
 * | offered to t | it is the turn of the sender with ticket t | held by t, by that sender; anything else, by the thread that takes it back |
 * | held by t | that sender may send jobs, or has done so | idle or offered, by the thread; `CONDEMNED`, by that sender |
 *
 * Every change but the owner's is a compare-and-swap from the word expected, so of two that want the same thread
 * one fails and knows it. A word carries the thread's *epoch*: a sender that has not yet heard of the death of a
 * thread cannot take its replacement and send the job to a port nobody reads. It carries the sender's *ticket*, not
 * its place: a replacement of a dead sender is not mistaken for it.
 *
 * One word per sender counts its waiting jobs. A second word per pool thread says how long its job may run, so that a
 * job whose sender has died is still ended by somebody.
 *
 * **A hold is for a row of jobs.** A third word per pool thread, its *inbox*, counts the jobs that its holder has sent and
 * that are not over. The holder may add to it while it is above 0, by compare-and-swap; the thread takes from it with each
 * job, and passes itself on when it has come to 0. So a thread is never passed on while a job is on its way to it.
 *
 * **A job that was sent can be taken back** for as long as it has not begun, lest it waits behind a long one while another
 * thread is idle: each has a *slot*, `SENT` at first; the thread makes it `BEGUN` or the sender `TAKEN`, by
 * compare-and-swap; what had begun becomes `OVER`. The thread passes over what was taken, and says so, in order. Slots are
 * numbered from 0 in each hold. A fourth word per pool thread names the job that is asked to stop, by its sender's ticket and its slot.
 *
 * **Why no wake-up is lost.** The danger: a job waits while a thread is idle, and nobody does anything about it.
 * A sender first publishes its waiting count (A), then looks for an idle thread (B). A thread first stores idle (C),
 * then looks at the waiting counts once more (D). All four are sequentially consistent, so they stand in one order.
 * If C comes before B, the sender finds the thread and takes it. Else B comes before C, hence A before D: the thread
 * finds the sender and offers itself. Both may happen; the compare-and-swap lets one of them win, and an offer that
 * finds nothing left to run is answered with a release, upon which the thread goes through the same steps again.
 * A thread that does not know a sender yet passes over it, but goes through the same steps when it is told of it;
 * and a sender that is told of a thread looks for idle ones anew. A
 * sender also passes over an idle thread whose last answer it has not read yet, and looks again when it has.
 *
 * **Why a stuck sender costs others nothing.** An offer is not yet a hold: the sender has to accept it. A thread
 * takes an unanswered offer back after a moment and passes the sender over until it hears from it (see `turns.ts`).
 */
export class ClaimTable {
  /** The memory; send it to other threads and make a table of it there. */
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #firstLimit: number;
  readonly #firstInbox: number;
  readonly #firstStop: number;
  readonly #firstCount: number;
  readonly #senders: number;
  readonly #firstSlot: number;

  /** @param buffer what {@link ClaimTable.create} made */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    const workers = Atomics.load(this.#words, 0);
    this.#firstLimit = 1 + workers;
    this.#firstInbox = 1 + 2 * workers;
    this.#firstStop = 1 + 3 * workers;
    this.#firstCount = 1 + 4 * workers;
    this.#senders = this.#words.length - 1 - (4 + SLOTS) * workers;
    this.#firstSlot = this.#firstCount + this.#senders;
  }

  /**
   * Makes a table in which every pool thread is unavailable and no job waits.
   * @param workers how many pool threads
   * @param senders how many threads may have jobs at a time
   */
  static create(workers: number, senders: number): ClaimTable {
    const buffer = new SharedArrayBuffer(
      Int32Array.BYTES_PER_ELEMENT * (1 + (4 + SLOTS) * workers + senders),
    );
    const words = new Int32Array(buffer);
    words[0] = workers;
    words.fill(UNAVAILABLE, 1, 1 + workers);
    words.fill(UNUSED, 1 + workers, 1 + 2 * workers);
    return new ClaimTable(buffer);
  }

  /** By the owner, of a thread that has died: nobody may take it, and its replacement starts afresh. */
  withdraw(worker: number): void {
    Atomics.store(this.#words, 1 + worker, UNAVAILABLE);
    Atomics.store(this.#words, this.#firstLimit + worker, UNUSED);
  }

  /** By the owner: whether a sender wants this thread replaced. */
  isCondemned(worker: number): boolean {
    return Atomics.load(this.#words, 1 + worker) === CONDEMNED;
  }

  /** By the owner: whether this thread was ever sent a job since it started. */
  isUsed(worker: number): boolean {
    return this.limit(worker) !== UNUSED;
  }

  /** By the owner: whether the sender with this ticket, which may be dead, holds this thread. */
  isHeldBy(worker: number, epoch: number, ticket: number): boolean {
    return Atomics.load(this.#words, 1 + worker) === heldWord(epoch, ticket);
  }

  /** By the owner: how long the job on this thread may run, in milliseconds; 0 or less for no limit. */
  limit(worker: number): number {
    return Atomics.load(this.#words, this.#firstLimit + worker);
  }

  /** By the sender that holds a thread, before it sends the job: how long that may run. */
  setLimit(worker: number, limitMs: number): void {
    Atomics.store(this.#words, this.#firstLimit + worker, limitMs);
  }

  /** By a sender, and by the owner when the sender has died: how many jobs wait there. */
  setWaiting(sender: number, count: number): void {
    Atomics.store(this.#words, this.#firstCount + sender, count);
  }

  /** By a sender: whether a job waits at another one; then a thread is held for one job. */
  isOtherWaiting(sender: number): boolean {
    for (let other = 0; other < this.#senders; other += 1) {
      if (other !== sender && this.isWaiting(other)) return true;
    }
    return false;
  }

  /** By the sender that has come to hold a thread, before it sends the first jobs, at most {@link SLOTS}: how many. */
  fillInbox(worker: number, ticket: number, jobs: number): void {
    Atomics.store(this.#words, this.#firstStop + worker, 0);
    Atomics.store(this.#words, this.#firstInbox + worker, inboxWord(ticket, jobs));
  }

  /** By the sender that held a thread, before it sends more jobs. `false`: the thread is through, and has passed on. */
  addToInbox(worker: number, ticket: number, jobs: number): boolean {
    const at = this.#firstInbox + worker;
    const empty = inboxWord(ticket, 0);
    for (;;) {
      const word = Atomics.load(this.#words, at);
      if (word <= empty || word > empty + SLOTS) return false;
      if (Atomics.compareExchange(this.#words, at, word, word + jobs) === word) return true;
    }
  }

  /** By a pool thread, of a job that is over or was taken back. @returns whether none is left, and none will come */
  takeFromInbox(worker: number): boolean {
    return countIn(Atomics.sub(this.#words, this.#firstInbox + worker, 1)) <= 1;
  }

  /** By the sender that holds a thread, before it sends the job of this slot, 0 below {@link SLOTS}. */
  setSent(worker: number, ticket: number, slot: number): void {
    // What was said to the job that had the slot before is not for this one.
    Atomics.compareExchange(this.#words, this.#firstStop + worker, ticket * SLOTS + slot, 0);
    Atomics.store(this.#words, this.#slotAt(worker, slot), slotWord(ticket, SENT));
  }

  /** By a pool thread that is about to run the job of this slot. `false`: it was taken back. */
  begin(worker: number, ticket: number, slot: number): boolean {
    return this.#swapSlot(worker, ticket, slot, BEGUN);
  }

  /** By a pool thread: the job of this slot has begun and is over. */
  end(worker: number, ticket: number, slot: number): void {
    Atomics.store(this.#words, this.#slotAt(worker, slot), slotWord(ticket, OVER));
  }

  /** By a sender: whether the job of this slot runs. */
  isRunning(worker: number, ticket: number, slot: number): boolean {
    return Atomics.load(this.#words, this.#slotAt(worker, slot)) === slotWord(ticket, BEGUN);
  }

  /** By a sender: takes back the job of this slot. `false`: it has begun. */
  takeBack(worker: number, ticket: number, slot: number): boolean {
    return this.#swapSlot(worker, ticket, slot, TAKEN);
  }

  /** By a sender: asks its job in this slot to stop. Of two senders that ask at once one may go unheard. */
  askToStop(worker: number, ticket: number, slot: number): void {
    Atomics.store(this.#words, this.#firstStop + worker, ticket * SLOTS + slot);
  }

  /** By a pool thread: whether this sender has asked for the job of this slot to stop. */
  isAskedToStop(worker: number, ticket: number, slot: number): boolean {
    return Atomics.load(this.#words, this.#firstStop + worker) === ticket * SLOTS + slot;
  }

  /** By the owner, to look at: how many jobs wait at all senders. */
  waiting(): number {
    let count = 0;
    for (let sender = 0; sender < this.#senders; sender += 1)
      count += Atomics.load(this.#words, this.#firstCount + sender);
    return count;
  }

  /** By the owner, to look at: whether a sender has this thread, for a job or more, or is about to. */
  isBusy(worker: number): boolean {
    const word = Atomics.load(this.#words, 1 + worker);
    return word === CONDEMNED || (word >= 0 && (word & (TICKETS - 1)) !== 0);
  }

  /** By a pool thread: whether a job waits at a sender. */
  isWaiting(sender: number): boolean {
    return Atomics.load(this.#words, this.#firstCount + sender) > 0;
  }

  /** By a sender: takes an idle thread. `false`: it is not idle, or not the one the sender knows. */
  claim(worker: number, epoch: number, ticket: number): boolean {
    return this.#swap(worker, idleWord(epoch), heldWord(epoch, ticket));
  }

  /** By a sender: takes the thread that offered itself. `false`: it has taken the offer back. */
  accept(worker: number, epoch: number, ticket: number): boolean {
    return this.#swap(worker, offeredWord(epoch, ticket), heldWord(epoch, ticket));
  }

  /** By a sender, and by the owner in a dead one's stead: gives up the thread with the job on it. `false`: the job is over already, or the thread is dead. */
  condemn(worker: number, epoch: number, ticket: number): boolean {
    return this.#swap(worker, heldWord(epoch, ticket), CONDEMNED);
  }

  /** By a pool thread: offers itself to a sender. `false`: the word is not, or no longer, `from`. */
  offer(worker: number, from: number, epoch: number, ticket: number): boolean {
    return this.#swap(worker, from, offeredWord(epoch, ticket));
  }

  /** By a pool thread: becomes idle. `false`: the word is not, or no longer, `from`. */
  rest(worker: number, from: number, epoch: number): boolean {
    return this.#swap(worker, from, idleWord(epoch));
  }

  /** By a pool thread: the ticket of the sender that holds it; 0 where none does. */
  holder(worker: number): number {
    const word = Atomics.load(this.#words, 1 + worker);
    return word >= 0 && (word & HELD) !== 0 ? word & (HELD - 1) : 0;
  }

  /** By a pool thread that leaves. `false`: a sender holds it, and its job comes first. */
  leave(worker: number): boolean {
    for (;;) {
      const word = Atomics.load(this.#words, 1 + worker);
      if (word >= 0 && (word & HELD) !== 0) return false;
      if (word < 0 || this.#swap(worker, word, UNAVAILABLE)) return true;
    }
  }

  #swapSlot(worker: number, ticket: number, slot: number, to: number): boolean {
    const from = slotWord(ticket, SENT);
    return (
      Atomics.compareExchange(this.#words, this.#slotAt(worker, slot), from, slotWord(ticket, to)) === from
    );
  }

  #slotAt(worker: number, slot: number): number {
    return this.#firstSlot + worker * SLOTS + slot;
  }

  #swap(worker: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#words, 1 + worker, from, to) === from;
  }
}

/** The word of a thread that is starting, dead or leaving. */
export const UNAVAILABLE = -1;
const CONDEMNED = -2;
/** How many jobs a pool thread may be sent ahead. */
export const SLOTS = 128;
/** Room for a count up to SLOTS. */
const INBOX_BITS = 8;
/** Room for the states of a slot. */
const SLOT_BITS = 2;
const SENT = 0;
const BEGUN = 1;
const TAKEN = 2;
const OVER = 3;

/** The limit of a thread that had no job yet. */
const UNUSED = -1;

// A word of 31 bits: ten of the epoch, one that tells held from offered, twenty of the ticket (0: idle). Epoch and
// ticket may wrap: one that is mistaken for another would have to be a thousand deaths, or a million senders, late.
const TICKET_BITS = 20;
const HELD = 1 << TICKET_BITS;
const EPOCH_SHIFT = TICKET_BITS + 1;

/** A slot says whose it is, too: a sender that has not heard yet that its job is over must not take back another's. */
function slotWord(ticket: number, state: number): number {
  return (ticket << SLOT_BITS) | state;
}

/** An inbox says whose it is, too: a sender that has not heard yet that its hold is over must not add to another's. */
function inboxWord(ticket: number, jobs: number): number {
  return (ticket << INBOX_BITS) | jobs;
}

function countIn(inbox: number): number {
  return inbox & ((1 << INBOX_BITS) - 1);
}

/** Epochs run from 0 below this. */
export const EPOCHS: number = 1 << (31 - EPOCH_SHIFT);

/** Tickets run from 1 below this. */
export const TICKETS: number = 1 << TICKET_BITS;

/** The word of an idle thread. */
export function idleWord(epoch: number): number {
  return epoch << EPOCH_SHIFT;
}

/** The word of a thread that is offered to a sender. */
export function offeredWord(epoch: number, ticket: number): number {
  return (epoch << EPOCH_SHIFT) | ticket;
}

/** The word of a thread that a sender holds. */
export function heldWord(epoch: number, ticket: number): number {
  return (epoch << EPOCH_SHIFT) | HELD | ticket;
}
