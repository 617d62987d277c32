import type { SendHandle } from 'node:child_process';
import { FIRST_PASSED_DESCRIPTOR, type HeldSocket } from '#native/held-socket.ts';
import { cacheFolderIn, removeCacheFolder } from './compile-cache.ts';
import {
  LAUNCH_VARIABLE,
  type LauncherMessage,
  type LaunchNote,
  type PassedSignal,
  readNote,
  type ServerMessage,
} from './launcher-messages.ts';

/** The side of a process that its launcher hears, and the launcher that it hears of. */
type Channel = Pick<NodeJS.Process, 'ppid' | 'send' | 'on' | 'connected'>;

/** A launched server's connection to its launcher. Start: with the process. Stop: with either process. */
export class LauncherLink {
  /** The sockets that the launcher has kept since a server before; without any on the first start. */
  readonly kept: { readonly descriptors: readonly number[]; readonly oneEach: boolean };
  /** Whether this server follows one that died. */
  readonly isSuccessor: boolean;
  readonly #channel: Channel;
  readonly #gone = Promise.withResolvers<void>();
  readonly #cacheFolder: string | undefined;

  private constructor(
    channel: Channel,
    { sockets, oneEach, isSuccessor }: LaunchNote,
    cacheFolder: string | undefined,
  ) {
    this.#channel = channel;
    this.#cacheFolder = cacheFolder;
    channel.on('disconnect', () => this.#gone.resolve());
    if (!channel.connected) this.#gone.resolve();
    this.isSuccessor = isSuccessor;
    const descriptors = Array.from({ length: sockets }, (_, at) => FIRST_PASSED_DESCRIPTOR + at);
    this.kept = { descriptors, oneEach };
  }

  /**
   * The link of this process. What the environment says of it is removed, so that no process that the app starts takes
   * itself for launched.
   * @param environment such as `process.env`, before any thread has a copy of it
   * @param channel such as `process`
   * @returns `undefined` for a process that no launcher started
   */
  static find(environment: Record<string, string | undefined>, channel: Channel): LauncherLink | undefined {
    const note = readNote(environment[LAUNCH_VARIABLE]);
    delete environment[LAUNCH_VARIABLE];
    if (note === undefined || note.pid !== channel.ppid || channel.send === undefined) return undefined;
    return new LauncherLink(channel, note, note.ownsCache ? cacheFolderIn(environment) : undefined);
  }

  /**
   * Gives the launcher copies of the sockets that were bound here.
   * @param sockets which listen; they stay this process's too
   * @param oneEach whether every server thread has one of its own
   * @returns resolves when they are on their way: from then on this process may die without their end
   */
  async keep(sockets: readonly HeldSocket[], oneEach: boolean): Promise<void> {
    await Promise.all(
      sockets.map((socket, index) => {
        const { file } = socket;
        const about = file === undefined ? { index, oneEach } : { index, oneEach, file };
        return this.#send({ kind: 'socket', ...about }, socket.handle as SendHandle);
      }),
    );
  }

  /** Says that this process serves. */
  tellReady(): void {
    void this.#send({ kind: 'ready' });
  }

  /** Says that this process means to end, and is not to be succeeded. */
  tellClosing(): void {
    void this.#send({ kind: 'closing' });
  }

  /**
   * Says that nobody accepts any more: the launcher's copies of the sockets are closed.
   * @returns resolves when that is on its way
   */
  tellEnding(): Promise<void> {
    return this.#send({ kind: 'ending' });
  }

  /**
   * Calls back for each signal that the launcher was sent.
   * @param listener told which
   */
  onSignal(listener: (signal: PassedSignal) => void): void {
    this.#channel.on('message', (message: unknown) => {
      if (isLauncherMessage(message)) listener(message.signal);
    });
  }

  /**
   * Calls back when the launcher is gone, however it ended, and removes the cache that it has left.
   * @param listener called once
   */
  onGone(listener: () => void): void {
    void this.#gone.promise.then(() => {
      if (this.#cacheFolder !== undefined) removeCacheFolder(this.#cacheFolder);
      listener();
    });
  }

  /** A launcher that is gone hears nothing: that is what {@link onGone} is for. */
  #send(message: ServerMessage, handle?: SendHandle): Promise<void> {
    if (!this.#channel.connected) return Promise.resolve();
    const sent = Promise.withResolvers<void>();
    this.#channel.send?.(message, handle, {}, () => sent.resolve());
    // What waits for the receipt of a handle before it is never called back.
    return Promise.race([sent.promise, this.#gone.promise]);
  }
}

function isLauncherMessage(message: unknown): message is LauncherMessage {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'signal';
}
