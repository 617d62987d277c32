import { CONNECTION_STATES, type ConnectionBoard } from '#net/connection-board.ts';
import type { ManagedThread } from '#threads/managed-thread.ts';
import { COUNTS } from './count-slots.ts';
import { LiveRates, totalsOf } from './live-rates.ts';
import {
  type LivePoint,
  type LiveRequest,
  type LiveServerThread,
  type LiveSnapshot,
  SHOWN_REQUESTS,
} from './live-snapshot.ts';
import { openConnections, requestsInFlight } from './process-counts.ts';
import type { MetricsSource } from './process-metrics.ts';
import type { Readiness } from './readiness.ts';
import { lagOf } from './thread-lag.ts';
import type { ThreadsInSight } from './threads-in-sight.ts';
import { heddleVersion } from './version.ts';

const PERIOD_MS = 1000;
/** Five minutes. */
const MOST_POINTS = 300;
/** Each costs a connection of the endpoint, which has a hundred, and a kilobyte or some a second. */
const MOST_WATCHERS = 20;

/** What the live view shows: the last minutes, and how it is now, told once a second to whoever watches. */
export class LiveFeed {
  readonly #source: MetricsSource;
  readonly #readiness: Readiness;
  readonly #rates: LiveRates;
  readonly #points: LivePoint[] = [];
  readonly #watchers = new Set<Watcher>();
  readonly #version = heddleVersion();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param source the server
   * @param readiness what `/readyz` says
   */
  constructor(source: MetricsSource, readiness: Readiness) {
    this.#source = source;
    this.#readiness = readiness;
    this.#rates = new LiveRates(source);
  }

  /** Begins to look, once a second; never keeps the process alive. */
  start(): void {
    this.#timer ??= setInterval(() => this.#look(), PERIOD_MS).unref();
  }

  /** Looks no more, and ends what is told. */
  stop(): void {
    clearInterval(this.#timer);
    for (const watcher of this.#watchers) watcher.end();
  }

  /** How it is now; rates are those of the last whole second. */
  snapshot(): LiveSnapshot {
    const { tally, generation, generations } = this.#source;
    const inSight = this.#source.inSight();
    const counts = this.#rates.counts();
    const now = this.#points.at(-1) ?? this.#look();
    const { pool, isBusy } = inSight;
    return {
      at: Date.now(),
      startedAt: Math.round(performance.timeOrigin),
      version: this.#version,
      node: process.versions.node,
      pid: process.pid,
      ready: this.#readiness.objection ?? 'ok',
      ...{ generation, generations, now },
      connections: openConnections(counts) || 0,
      inFlight: requestsInFlight(counts),
      ...this.#rates.recent(),
      totals: {
        ...totalsOf(counts),
        deaths: tally.ends.reduce((sum, { count, cause }) => sum + (cause === 'recycled' ? 0 : count), 0),
        reloads: tally.reloads.done,
      },
      server: this.#serverThreads(inSight),
      pool: pool.map((thread) => ({
        ...{ index: thread.index, phase: thread.phase, isBusy: isBusy(thread.index) },
        load: this.#rates.of(thread).load,
      })),
      entries: tally.entries.toReversed(),
    };
  }

  /**
   * A stream of events: `history`, the points of the last minutes; then `snapshot`, each second.
   * @returns `undefined` where as many watch as may
   */
  watch(): AsyncIterable<Uint8Array> | undefined {
    if (this.#watchers.size >= MOST_WATCHERS) return undefined;
    const watcher = new Watcher((gone) => this.#watchers.delete(gone));
    this.#watchers.add(watcher);
    watcher.tell(eventOf('history', this.#points) + eventOf('snapshot', this.snapshot()));
    return watcher;
  }

  #look(): LivePoint {
    const point = this.#rates.look();
    this.#points.push(point);
    if (this.#points.length > MOST_POINTS) this.#points.shift();
    if (this.#watchers.size > 0) {
      const event = eventOf('snapshot', this.snapshot());
      for (const watcher of this.#watchers) watcher.tell(event);
    }
    return point;
  }

  #serverThreads({ server, places, record, isHealthy, board }: ThreadsInSight): LiveServerThread[] {
    const held = new Set(server.map(({ index }) => index));
    const isGivenUp = new Set(record.givenUp);
    const empty = Array.from({ length: places }, (_, index) => index)
      .filter((index) => !held.has(index))
      .map(
        (index): LiveServerThread => ({
          ...{ index, phase: isGivenUp.has(index) ? 'given-up' : 'restarting', moves: null, lagMs: null },
          ...{ load: 0, connections: 0, requests: 0, deaths: record.deaths(index), at: [], more: 0 },
        }),
      );
    const threads = server.map(
      (thread): LiveServerThread => ({
        ...{ index: thread.index, phase: thread.phase },
        moves: thread.phase === 'ready' ? isHealthy(thread) : null,
        ...this.#rates.of(thread),
        ...this.#counted(thread),
        deaths: record.deaths(thread.index),
        ...requestsOn(board(thread)),
      }),
    );
    return [...threads, ...empty].sort((a, b) => a.index - b.index);
  }

  #counted(thread: ManagedThread): Pick<LiveServerThread, 'connections' | 'lagMs'> {
    const counts = this.#source.tally.counts?.of(thread);
    const lag = lagOf(counts);
    const get = (slot: number): number => counts?.get(slot) ?? 0;
    return {
      connections: get(COUNTS.accepted) + get(COUNTS.adopted) - get(COUNTS.closed),
      lagMs: lag === undefined ? null : Math.round(lag * 1e4) / 10,
    };
  }
}

function requestsOn(board: ConnectionBoard | undefined): Pick<LiveServerThread, 'at' | 'more'> {
  const { entries, more } = board?.busiest(SHOWN_REQUESTS) ?? { entries: [], more: 0 };
  const now = Date.now();
  const at = entries.map(
    ({ requestLine, since, state }): LiveRequest => ({
      line: requestLine.split('?', 1)[0] ?? '',
      ms: Math.max(0, now - since),
      isAnswering: state !== CONNECTION_STATES.handling,
    }),
  );
  return { at, more };
}

function eventOf(event: string, content: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(content)}\n\n`;
}

/** One who watches. A slow one gets the last of what there was to tell, so that nothing piles up for it. */
class Watcher implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #onGone: (watcher: Watcher) => void;
  #next: string | undefined;
  #wake: (() => void) | undefined;
  #hasEnded = false;

  constructor(onGone: (watcher: Watcher) => void) {
    this.#onGone = onGone;
  }

  tell(text: string): void {
    this.#next = text;
    this.#wake?.();
  }

  end(): void {
    this.#hasEnded = true;
    this.#onGone(this);
    this.#wake?.();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    while (this.#next === undefined && !this.#hasEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const text = this.#next;
    this.#next = undefined;
    return text === undefined || this.#hasEnded
      ? { done: true, value: undefined }
      : { done: false, value: Buffer.from(text) };
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }
}
