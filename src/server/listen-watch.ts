import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:net';
import { HeddleError } from '#observe/heddle-error.ts';
import { callSite } from './module-place.ts';

// Every server thread loads the app: what listens while it is loaded listens once a thread. A port can be had once.

/** What Node tells of a call of `listen()`; beside it there are other ways to say a place, such as a descriptor. */
interface ListenMessage {
  readonly server: Server;
  readonly options: Readonly<Record<'port' | 'path' | 'fd' | 'handle' | 'reusePort', unknown>>;
}

/** A server that the app had listen. */
interface Listening {
  readonly server: Server;
  /** Where in the app: `/srv/app.ts:3`. */
  readonly place: string;
  /** `port 3000`. */
  readonly target: string;
  /** Whether every thread can have one: on a port that the system picks (0), or with `reusePort`. */
  readonly isForAll: boolean;
  /** Whether it has failed, and the app has heard of it. */
  isPrepared: boolean;
  /** Ours: hears of its failure beside the app. */
  readonly guard: () => void;
}

/** Ours among the listeners of the app's servers: they see to nothing. */
const GUARDS = new WeakSet<object>();

const STARTS = 'tracing:net.server.listen:asyncStart';

/** Watches which servers the app has listen while it is loaded. */
export class ListenWatch {
  /** Rejects where one listens that no second thread could have. */
  readonly refused: Promise<never>;
  readonly #refused = Promise.withResolvers<never>();
  readonly #found: Listening[] = [];

  constructor() {
    this.refused = this.#refused.promise;
    this.refused.catch(() => undefined);
    subscribe(STARTS, this.#onListen);
  }

  /** Watches no more. */
  end(): void {
    unsubscribe(STARTS, this.#onListen);
  }

  /**
   * Looks through what was found, when the module is loaded.
   * @param handlers what answers for it; none where it exports no handler
   * @returns what to warn of: ports of other purposes, which one thread gets and the others do without
   * @throws {HeddleError} `ERR_HEDDLE_APP_LISTENS`
   */
  judge(handlers: readonly unknown[]): string[] {
    for (const listening of this.#found) {
      const { server, isForAll } = listening;
      const isApp = [server, ...server.listeners('request')].some((it) => handlers.includes(it));
      if (handlers.length === 0 || isApp || !(isForAll || isFailureSeenTo(listening)))
        throw refusal(listening);
    }
    for (const { server, guard } of this.#found) server.off('error', guard);
    return this.#found.filter(({ isForAll }) => !isForAll).map(warning);
  }

  readonly #onListen = (message: unknown): void => {
    const { server, options } = message as ListenMessage;
    const place = callSite();
    // Not the app's.
    if (place === undefined) return;
    const guard = () => {
      listening.isPrepared = isHeard(server);
    };
    GUARDS.add(guard);
    const target = targetOf(options);
    const listening: Listening = {
      server,
      place,
      target,
      isForAll: isForAll(options),
      isPrepared: false,
      guard,
    };
    this.#found.push(listening);
    if (listening.isForAll) return;
    // In every thread but one it fails. The guard keeps that from being an uncaught error, which would say less than the refusal.
    server.prependListener('error', guard);
    // An app that expects the failure has its own listener by the end of this turn. Not left to judge(), which a module whose
    // load never ends does not come to.
    setImmediate(() => {
      if (!isFailureSeenTo(listening)) this.#refused.reject(refusal(listening));
    });
  };
}

/** Whether the app has a listener of its own for it. */
function isFailureSeenTo({ isPrepared, server }: Listening): boolean {
  return isPrepared || isHeard(server);
}

function isHeard(server: Server): boolean {
  return server.listeners('error').some((listener) => !GUARDS.has(listener));
}

function isForAll({ port, path, fd, handle, reusePort }: ListenMessage['options']): boolean {
  if (path !== undefined || fd !== undefined || handle !== undefined) return false;
  return Number(port ?? 0) === 0 || reusePort === true;
}

function targetOf({ port, path }: ListenMessage['options']): string {
  if (port !== undefined) return `port ${port}`;
  return typeof path === 'string' ? path : 'a socket';
}

function refusal({ place, target }: Listening): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_APP_LISTENS',
    `${place} listens on ${target} by itself, and each server thread loads the module. Leave listen() out and export the app or the server: export default app. What listens for something else does so with { reusePort: true }, or in ready().`,
  );
}

function warning({ place, target }: Listening): string {
  return `${place} listens on ${target}, which one thread gets and the others do not; with { reusePort: true } each does`;
}
