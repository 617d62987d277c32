import { HeddleError } from '#observe/heddle-error.ts';
import { type Server, type ServerAddress, serverUrl } from './running-server.ts';
import type { Settings } from './serve-options.ts';
import type { ServerEnd } from './shutdown.ts';

/** What a server thread knows of the server, once its sockets are bound. */
export interface ServerInSight {
  /** Where it listens. */
  readonly address: ServerAddress;
  /** All settled options. */
  readonly settings: Settings;
  /** How many threads serve. */
  readonly threads: number;
}

/** The server as a module sees it that called `serve()` and was loaded into a server thread. */
export class ThreadServer implements Server {
  readonly url: string;
  readonly address: ServerAddress;
  /** The supervisor's, which does not tell its threads. */
  readonly admin: undefined;
  readonly threads: { readonly count: number; readonly reason: string };
  readonly settings: Settings;
  readonly #closed = Promise.withResolvers<ServerEnd>();
  readonly #endAwaited = Promise.withResolvers<void>();

  /** @param server what is known of it */
  constructor({ address, settings, threads }: ServerInSight) {
    this.address = address;
    this.url = serverUrl(address);
    this.settings = settings;
    this.threads = { count: threads, reason: 'as the supervisor of this thread says' };
  }

  /** Resolves when this thread has no request any more and is about to end. */
  get closed(): Promise<ServerEnd> {
    this.#endAwaited.resolve();
    return this.#closed.promise;
  }

  /** Resolves when somebody has asked for {@link closed}: a module that waits for it is loaded for all that. */
  get endAwaited(): Promise<void> {
    return this.#endAwaited.promise;
  }

  /**
   * The thread's last request is gone.
   * @param end the part of this thread
   */
  onDrained(end: ServerEnd): void {
    this.#closed.resolve(end);
  }

  close(): Promise<never> {
    return Promise.reject(notFromHere('close()', 'end it', 'SIGTERM'));
  }

  reload(): Promise<never> {
    return Promise.reject(notFromHere('reload()', 'reload it', 'SIGHUP'));
  }

  reopenLogs(): Promise<never> {
    return Promise.reject(notFromHere('reopenLogs()', 'have it open its logs anew', 'SIGUSR2'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function notFromHere(call: string, end: string, signal: string): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_SERVE_IN_THREAD',
    `${call} was called in a server thread, and the server is its supervisor's. To ${end}, send its process ${signal}: process.kill(process.pid, '${signal}').`,
  );
}
