import { type ClaimTable, heldWord, idleWord, offeredWord, UNAVAILABLE } from './claim-table.ts';
import type { SenderLink, WorkerMessage } from './pool-messages.ts';

/**
 * How long an offer stands at least, in milliseconds; at most twice as long. A healthy sender answers within one turn of its event loop; one that
 * takes longer would keep this thread from the others.
 */
const OFFER_MS = 50;

/** A sender, and whether it has let an offer of ours pass. */
interface Seat {
  readonly link: SenderLink;
  missedOffer: boolean;
}

/**
 * Whose turn it is on one pool thread, seen from that thread: when it has nothing to run it goes to the waiting
 * senders round robin, starting behind the one it served last. The rules stand in `claim-table.ts`.
 */
export class Turns {
  readonly #table: ClaimTable;
  readonly #worker: number;
  readonly #epoch: number;
  #seats: Seat[] = [];
  /** Behind whom the next look starts. */
  #last: Seat | undefined;
  /** Who has an offer and has not answered. */
  #asked: Seat | undefined;
  /** How many offers were made; tells one from the next. */
  #offers = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param table the claims
   * @param worker this thread's place in it
   * @param epoch which of the threads that ever had that place this one is
   */
  constructor(table: ClaimTable, worker: number, epoch: number) {
    this.#table = table;
    this.#worker = worker;
    this.#epoch = epoch;
  }

  /** The thread is ready: from now on it may be taken. */
  open(): void {
    this.#pass(UNAVAILABLE);
  }

  /** A sender has come. It may have been waiting for a while: this thread had to pass over it. */
  add(link: SenderLink): void {
    this.#seats.push({ link, missedOffer: false });
    this.#pass(idleWord(this.#epoch));
  }

  /** A sender has died. What it held is free, unless its job is still running. */
  remove(ticket: number, running: boolean): void {
    this.#seat(ticket)?.link.port.close();
    this.#seats = this.#seats.filter((seat) => seat.link.ticket !== ticket);
    if (this.#asked?.link.ticket === ticket) this.#asked = undefined;
    if (running) return;
    this.#pass(heldWord(this.#epoch, ticket));
    this.#pass(offeredWord(this.#epoch, ticket));
  }

  /** A job of this sender starts. */
  begin(ticket: number): void {
    const seat = this.#seat(ticket);
    if (seat !== undefined) seat.missedOffer = false;
    this.#last = seat;
    this.#asked = undefined;
  }

  /** Whether a sender is offered the thread and has not answered. */
  get isAsking(): boolean {
    return this.#asked !== undefined;
  }

  /** The sender that holds the thread; `undefined` where none does. */
  get holder(): SenderLink | undefined {
    const ticket = this.#table.holder(this.#worker);
    return ticket === 0 ? undefined : this.#seat(ticket)?.link;
  }

  /**
   * A job of this sender is over.
   * @returns whether it is the same sender's turn again; then it is the caller's to say so, with the result
   */
  finish(ticket: number): boolean {
    return this.#pass(heldWord(this.#epoch, ticket), ticket);
  }

  /** This sender took the thread and had nothing to run. */
  release(ticket: number): void {
    this.#asked = undefined;
    this.#pass(heldWord(this.#epoch, ticket));
  }

  /** This sender saw an offer too late, but it is back. */
  excuse(ticket: number): void {
    const seat = this.#seat(ticket);
    if (seat !== undefined) seat.missedOffer = false;
    this.#pass(idleWord(this.#epoch));
  }

  /**
   * The thread is to end.
   * @returns `false` where a sender holds it: its job comes first
   */
  leave(): boolean {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#table.leave(this.#worker);
  }

  /** Offers the thread, or lays it idle and looks once more. Does nothing if its word is not `from`. */
  #pass(from: number, served?: number): boolean {
    const next = this.#nextWaiting();
    if (next !== undefined) return this.#offer(next, from, served);
    if (!this.#table.rest(this.#worker, from, this.#epoch)) return false;
    // A job that came between the look and the rest would wait for ever: its sender saw no idle thread.
    const late = this.#nextWaiting();
    return late !== undefined && this.#offer(late, idleWord(this.#epoch), served);
  }

  #nextWaiting(): Seat | undefined {
    const { length } = this.#seats;
    const start = this.#last === undefined ? -1 : this.#seats.indexOf(this.#last);
    for (let step = 1; step <= length; step += 1) {
      const seat = this.#seats[(start + step) % length];
      if (seat !== undefined && !seat.missedOffer && this.#table.isWaiting(seat.link.sender)) return seat;
    }
    return undefined;
  }

  #offer(seat: Seat, from: number, served: number | undefined): boolean {
    const { ticket, port } = seat.link;
    if (!this.#table.offer(this.#worker, from, this.#epoch, ticket)) return false;
    this.#last = seat;
    this.#asked = seat;
    this.#offers += 1;
    this.#watchOffer();
    if (ticket === served) return true;
    port.postMessage({ kind: 'offer' } satisfies WorkerMessage);
    return false;
  }

  /** One timer looks after many offers: a timer for each would cost more than the offer. */
  #watchOffer(): void {
    const seen = this.#offers;
    this.#timer ??= setTimeout(() => this.#onTimer(seen), OFFER_MS);
  }

  #onTimer(seen: number): void {
    this.#timer = undefined;
    const seat = this.#asked;
    if (seat === undefined) return;
    if (this.#offers !== seen) {
      this.#watchOffer();
      return;
    }
    this.#asked = undefined;
    if (!this.#table.rest(this.#worker, offeredWord(this.#epoch, seat.link.ticket), this.#epoch)) return;
    seat.missedOffer = true;
    this.#pass(idleWord(this.#epoch));
  }

  #seat(ticket: number): Seat | undefined {
    return this.#seats.find((seat) => seat.link.ticket === ticket);
  }
}
