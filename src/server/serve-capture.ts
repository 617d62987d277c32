import type { FetchApp } from '#fetch/fetch-app.ts';
import { HeddleError } from '#observe/heddle-error.ts';
import type { Context } from './context.ts';
import { callSite } from './module-place.ts';
import type { Server } from './running-server.ts';
import { type ServerInSight, ThreadServer } from './thread-server.ts';

// A module that calls serve() runs by itself (`node app.ts`), and under `heddle app.ts` too: there a server thread
// takes the options of the call for those of the module.

/** A global symbol: the app may have another copy of heddle than the one that runs it. Its contract is kept over versions. */
const HOOK: unique symbol = Symbol.for('heddle.capture') as never;

/** Takes the options of a call of `serve()` and where it stands; resolves with the server. */
type Hook = (options: object, place: string) => Promise<Server>;

/**
 * What became of a call of `serve()` in a server thread.
 * @param options of the call
 * @returns `undefined` in any other thread
 */
export function capturedServe(options: object): Promise<Server> | undefined {
  const hook: unknown = Reflect.get(globalThis, HOOK);
  // Each copy knows in a stack what is its own, and what the app's.
  return typeof hook === 'function' ? (hook as Hook)(options, callSite() ?? 'a module') : undefined;
}

/** A call of `serve()` that was captured. */
export interface ServeCall {
  /** What it was given. */
  readonly options: Readonly<Record<string, unknown>> & Pick<FetchApp<Context>, 'fetch'>;
  /** Where it stands: `/srv/app.ts:3`. */
  readonly place: string;
}

/**
 * Takes the calls of `serve()` in this thread, from its making on: one while the module is loaded, none later. The call
 * resolves when the server has an address, so that `await serve()` is followed by what a server that listens is followed
 * by.
 */
export class ServeCapture {
  /** Resolves when the module waits for the server, and will not be loaded before there is one. */
  readonly awaited: Promise<void>;
  readonly #awaited = Promise.withResolvers<void>();
  readonly #server = Promise.withResolvers<ThreadServer>();
  #call: ServeCall | undefined;
  #fault: HeddleError | undefined;
  #isLoaded = false;

  constructor() {
    this.awaited = this.#awaited.promise;
    const hook: Hook = (options, place) => this.#take(options as ServeCall['options'], place);
    Object.defineProperty(globalThis, HOOK, { configurable: true, value: hook });
  }

  /**
   * The call, if there was one.
   * @throws {HeddleError} `ERR_HEDDLE_SERVE_IN_THREAD`, `ERR_HEDDLE_APP_TWO_HANDLERS`: for calls that were refused
   */
  get call(): ServeCall | undefined {
    if (this.#fault !== undefined) throw this.#fault;
    return this.#call;
  }

  /**
   * The server has an address.
   * @param server what is known of it
   * @returns the server as the module has it
   */
  resolve(server: ServerInSight): ThreadServer {
    const handle = new ThreadServer(server);
    this.#server.resolve(handle);
    return handle;
  }

  /** The module is loaded: no call is taken any more. */
  endLoad(): void {
    this.#isLoaded = true;
  }

  #take(options: ServeCall['options'], place: string): Promise<Server> {
    const fault = this.#faultOf(options, place);
    if (fault === undefined) {
      this.#call = { options, place };
      return new AwaitedServer(this.#server.promise, () => this.#awaited.resolve());
    }
    const refused = Promise.reject<never>(fault);
    if (this.#isLoaded) return refused;
    this.#fault ??= fault;
    // It fails the load, and is told there.
    refused.catch(() => undefined);
    return refused;
  }

  #faultOf(options: ServeCall['options'], place: string): HeddleError | undefined {
    if (this.#isLoaded)
      return inThread(`${place} calls serve() in a server thread, where heddle serves`, LATER);
    const what = FOR_SUPERVISORS.find((name) => options?.[name] !== undefined);
    if (typeof options?.fetch !== 'function')
      return inThread(
        `${place} calls serve(${what === undefined ? '' : `{ ${what} }`}) without a function, but heddle has loaded it as an app`,
        NO_FETCH,
      );
    if (this.#call === undefined) return undefined;
    return new HeddleError(
      'ERR_HEDDLE_APP_TWO_HANDLERS',
      `There are two handlers: serve() in ${this.#call.place} and serve() in ${place}. Call it once; what the other serves belongs into an app of its own.`,
    );
  }
}

const FOR_SUPERVISORS = ['app', 'static'] as const;
const LATER = 'Call it while the module is loaded, or run the module with node.';
const NO_FETCH = 'Give serve() { fetch }, or run the module with node.';

function inThread(what: string, step: string): HeddleError {
  return new HeddleError('ERR_HEDDLE_SERVE_IN_THREAD', `${what}. ${step}`);
}

/** The promise of `serve()`, which tells when somebody waits for it. */
class AwaitedServer extends Promise<Server> {
  readonly #onAwaited: () => void;

  /** What is derived of it is any promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  constructor(server: Promise<Server>, onAwaited: () => void) {
    super((resolve) => resolve(server));
    this.#onAwaited = onAwaited;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  override then<Done = Server, Failed = never>(
    onDone?: ((server: Server) => Done | PromiseLike<Done>) | null,
    onFailed?: ((reason: unknown) => Failed | PromiseLike<Failed>) | null,
  ): Promise<Done | Failed> {
    this.#onAwaited();
    return super.then(onDone, onFailed);
  }
}
