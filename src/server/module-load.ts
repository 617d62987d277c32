import { setImmediate as oneTurn } from 'node:timers/promises';
import { isPromise } from 'node:util/types';
import { findHandlers, hasMembers, type Members, refuseTwo } from './app-handlers.ts';
import { importError, importModule } from './import-error.ts';
import { ListenWatch } from './listen-watch.ts';
import { type ServeCall, ServeCapture } from './serve-capture.ts';
import type { ServerInSight, ThreadServer } from './thread-server.ts';

/**
 * One load of an app module, with an eye on what it does meanwhile: calls of `serve()`, servers that listen. A module that
 * waits for the server in `await serve()` is loaded in two parts: up to there, and the rest when there is one.
 */
export class ModuleLoad {
  readonly #url: URL;
  readonly #capture = new ServeCapture();
  readonly #watch = new ListenWatch();
  readonly #exports: Promise<Members>;

  /** @param url of the module, whose import begins */
  constructor(url: URL) {
    this.#url = url;
    this.#exports = importWhole(url);
    this.#exports.catch(() => undefined);
  }

  /**
   * Waits until the module is loaded, or waits for the server.
   * @returns its exports, none where it waits; and its call of `serve()`, if there was one
   * @throws {HeddleError} as `loadApp`, but for a handler that is missing
   */
  async firstPart(): Promise<{ exports: Members; call: ServeCall | undefined }> {
    const exports = await this.#until(this.#capture.awaited.then(() => oneTurn({})));
    const { call } = this.#capture;
    refuseTwo(findHandlers(exports, call, this.#url));
    return { exports, call };
  }

  /**
   * Looks at the servers that the module has listen.
   * @param handlers what answers for it; none where it exports no handler
   * @returns what to warn of
   * @throws {HeddleError} `ERR_HEDDLE_APP_LISTENS`
   */
  judgeListening(handlers: readonly unknown[]): string[] {
    return this.#watch.judge(handlers);
  }

  /**
   * Lets a module that waits for the server go on.
   * @param server what is known of it
   * @returns resolves when it is loaded to its end, or waits for the end of the server
   * @throws {HeddleError} as {@link firstPart}
   */
  async secondPart(server: ServerInSight): Promise<{ exports: Members; handle: ThreadServer }> {
    const handle = this.#capture.resolve(server);
    const waits = {};
    const exports = await this.#until(handle.endAwaited.then(() => waits));
    const { call } = this.#capture;
    refuseTwo(findHandlers(exports, call, this.#url));
    if (call !== undefined) this.#watch.judge([exports.default, call.options.fetch]);
    this.#capture.endLoad();
    this.#watch.end();
    // What fails from now on fails as anything does that nobody waits for: it ends the thread.
    if (exports === waits) void this.#exports.then(() => undefined);
    return { exports, handle };
  }

  async #until(waits: Promise<Members>): Promise<Members> {
    try {
      return await Promise.race([this.#exports, this.#watch.refused, waits]);
    } catch (error) {
      this.#watch.end();
      // A module that waited for a call that was refused fails of it; the reason says more than the place.
      void this.#capture.call;
      throw error;
    }
  }
}

/** A default export may be there later, or in the form in which compilers write one for CommonJS. */
async function importWhole(url: URL): Promise<Members> {
  const exports = await importModule(url);
  let standard = exports.default;
  if (hasMembers(standard) && standard.__esModule === true) standard = standard.default;
  // A promise alone: there are frameworks whose apps have a then(), by which they would begin to start.
  if (isPromise(standard)) {
    try {
      standard = await standard;
    } catch (cause) {
      throw importError(cause, url);
    }
  }
  return standard === exports.default ? exports : { ...exports, default: standard };
}
