import type { Settings } from './serve-options.ts';
import type { CloseOptions, ServerEnd, Shutdown } from './shutdown.ts';
import { urlHost } from './url-host.ts';

/** Where a server listens. */
export interface ServerAddress {
  /** A numeric address; empty on a Unix domain socket. */
  readonly host: string;
  /** 1 to 65535; 0 on a Unix domain socket. */
  readonly port: number;
  /** The absolute path of a Unix domain socket. */
  readonly path?: string;
}

/**
 * By which URL a server is reached from this machine; on a Unix domain socket the path of its file.
 * @param address where it listens
 */
export function serverUrl({ host, port, path }: ServerAddress): string {
  return path ?? `http://${urlHost(host)}:${port}/`;
}

/** A running server. */
export interface Server extends AsyncDisposable {
  /** Where it serves: `http://127.0.0.1:7878/`; on a Unix domain socket the path of its file. */
  readonly url: string;
  /** Where it listens; of several inherited sockets the first. */
  readonly address: ServerAddress;
  /** Where the admin endpoint answers, such as `http://127.0.0.1:7879/`; `undefined` where there is none. */
  readonly admin: string | undefined;
  /** How many threads serve, and why so many. */
  readonly threads: { readonly count: number; readonly reason: string };
  /** All settled options; after a reload those that the app has now. */
  readonly settings: Settings;
  /** Resolves when the server has ended, by {@link close} or by `maxRequests`. */
  readonly closed: Promise<ServerEnd>;
  /**
   * Ends it: readiness is withdrawn, and after the delay requests in flight are answered, idle connections closed
   * after their grace, jobs finished. Calling it again returns the same promise.
   * @param options how patient to be; by default as the options of the server say
   */
  close(options?: CloseOptions): Promise<ServerEnd>;
  /**
   * Loads the app anew and loses nothing: a new generation of threads is started beside the one that serves, and takes
   * over when all of it is ready; the one before answers what it has. Asked for while a reload is under way, one more
   * follows it; all that are asked for meanwhile are that one.
   *
   * Address and number of threads stay; other options of the app module take effect.
   * @param options `reason`: what the log gives as the reason, by default `server.reload()`
   * @returns resolves when new connections are the new generation's
   * @throws {HeddleError} `ERR_HEDDLE_RELOAD_HERE` for `serve({ fetch })`; `ERR_HEDDLE_CLOSING` during a shutdown; the
   *   error by which a thread of the new generation failed: the one before serves on
   */
  reload(options?: { readonly reason?: string }): Promise<void>;
  /**
   * Opens the file of the access log anew, as SIGUSR2 has the command do: whoever rotates logs has given the file before
   * another name. No line is lost or split.
   * @returns resolves when nothing more is written to the file before; at once where the log is no file
   * @throws the error of the system, where the path cannot be opened: the file before is written to as ever
   */
  reopenLogs(): Promise<void>;
}

/** What a server that runs is put together from. */
export interface RunningParts extends Pick<Server, 'admin' | 'threads'> {
  readonly address: ServerAddress;
  readonly settings: () => Settings;
  readonly reload: (reason: string) => Promise<void>;
  readonly reopenLogs: () => Promise<void>;
  readonly shutdown: Shutdown;
}

/** The server of whoever called `serve()`. */
export class RunningServer implements Server {
  readonly url: string;
  readonly address: ServerAddress;
  readonly admin: string | undefined;
  readonly threads: { readonly count: number; readonly reason: string };
  readonly closed: Promise<ServerEnd>;
  readonly #settings: () => Settings;
  readonly #shutdown: Shutdown;
  readonly #reload: (reason: string) => Promise<void>;
  readonly #reopenLogs: () => Promise<void>;

  constructor(parts: RunningParts) {
    const { host, port, path } = parts.address;
    this.address = { host, port, ...(path === undefined ? {} : { path }) };
    this.url = serverUrl(parts.address);
    this.admin = parts.admin;
    this.threads = parts.threads;
    this.#settings = parts.settings;
    this.closed = parts.shutdown.closed;
    this.#shutdown = parts.shutdown;
    this.#reload = parts.reload;
    this.#reopenLogs = parts.reopenLogs;
  }

  get settings(): Settings {
    return this.#settings();
  }

  close(options: CloseOptions = {}): Promise<ServerEnd> {
    const { idleGraceMs, shutdownDelayMs } = this.settings;
    return this.#shutdown.begin({
      idleGraceMs: options.idleGraceMs ?? idleGraceMs,
      delayMs: options.delayMs ?? shutdownDelayMs,
    });
  }

  reload({ reason = 'server.reload()' }: { readonly reason?: string } = {}): Promise<void> {
    return this.#reload(reason);
  }

  reopenLogs(): Promise<void> {
    return this.#reopenLogs();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
