import { constants } from 'node:os';
import type { Server } from '#server/running-server.ts';
import type { ObeyedSignal, SignalSource } from './signals.ts';

/** Where listeners can be taken back. */
interface StartSignalSource extends SignalSource {
  /** Takes a listener back. */
  off(signal: ObeyedSignal, listener: () => void): unknown;
}

/**
 * Signals while a server starts. Those that end it do so at once, since it serves nobody yet: the system would see to that,
 * but not for the first process of a container, which dies of no signal by default. A SIGHUP that asks for a reload, of which
 * any other process would die, waits until there is something to reload.
 *
 * Start: the constructor, before anything that takes time. Stop: {@link handOver}.
 */
export class StartSignals {
  readonly #source: StartSignalSource;
  readonly #listeners: ReadonlyMap<ObeyedSignal, () => void>;
  #reloadIsDue = false;

  /**
   * @param isTerminal whether a person sits at standard input, which makes SIGHUP one that ends
   * @param source of the signals
   */
  constructor(isTerminal: boolean, source: StartSignalSource = process) {
    this.#source = source;
    const hangup = (): void => {
      this.#reloadIsDue = true;
    };
    this.#listeners = new Map<ObeyedSignal, () => void>([
      ['SIGINT', () => leave('SIGINT')],
      ['SIGTERM', () => leave('SIGTERM')],
      ['SIGHUP', isTerminal ? () => leave('SIGHUP') : hangup],
      // Nothing is open yet that would have to be opened anew.
      ['SIGUSR2', () => undefined],
    ]);
    for (const [signal, listener] of this.#listeners) source.on(signal, listener);
  }

  /**
   * Leaves the signals to who obeys them for a server that runs.
   * @param server which may have to reload
   */
  handOver(server: Pick<Server, 'reload'>): void {
    for (const [signal, listener] of this.#listeners) this.#source.off(signal, listener);
    // The log has why it failed.
    if (this.#reloadIsDue) server.reload({ reason: 'SIGHUP' }).catch(() => undefined);
  }
}

function leave(signal: ObeyedSignal): never {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  process.exit(128 + constants.signals[signal]);
}
