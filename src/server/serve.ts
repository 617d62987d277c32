import { existsSync, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { FetchApp } from '#fetch/fetch-app.ts';
import { installWebGlobals } from '#fetch/web-globals.ts';
import type { HttpListener } from '#net/listener.ts';
import { HeddleError } from '#observe/heddle-error.ts';
import { createLog, type Log, logRequests } from '#observe/log.ts';
import type { JobRunner } from '#pool/job-runner.ts';
import type { JobStream } from '#pool/job-stream.ts';
import { ThreadPool } from '#pool/thread-pool.ts';
import { AdminEndpoint } from './admin-endpoint.ts';
import { bindError } from './bind-error.ts';
import type { Context } from './context.ts';
import { planFolder } from './folder-plan.ts';
import { type InheritedSockets, takeInherited } from './inherited-sockets.ts';
import { placeOf, resolveHost } from './listening-place.ts';
import { ListeningSockets } from './listening-sockets.ts';
import { Readiness } from './readiness.ts';
import type { OptionName, Settings } from './serve-options.ts';
import { environmentLayer, type OptionLayer, objectLayer, settleConfig } from './server-config.ts';
import { type CloseOptions, type ServerEnd, Shutdown } from './shutdown.ts';
import { Site } from './site.ts';
import type { SocketKeeper } from './socket-keeper.ts';
import { SupervisedServer } from './supervised-server.ts';
import { ThreadReporter } from './thread-report.ts';
import { urlHost } from './url-host.ts';

/** Options of every server; those of the table in `serve-options.ts`, each with its default there. */
export interface CommonOptions extends Partial<Settings> {
  /** The module whose exported functions are the pool's jobs; a string is relative to the working directory. */
  readonly tasks?: string | URL;
}

/** Serve a function from this thread, without a supervisor. */
export interface FetchOptions extends CommonOptions, FetchApp<Context> {
  /** This thread is the only one. */
  readonly threads?: never;
  /** This thread's heap was limited when it was started. */
  readonly threadMemoryMb?: never;
  /** There is no other thread that could tell of this one. */
  readonly admin?: never;
  /** A folder that is asked before the function. */
  readonly static?: string | URL;
}

/** Serve an app module on several threads. */
export interface AppOptions extends CommonOptions {
  /** The module; a string is relative to the working directory. */
  readonly app: string | URL;
  /** A folder that is asked before the app; overrides the app's own. */
  readonly static?: string | URL;
}

/** Serve a folder on several threads. */
export interface FolderOptions extends CommonOptions {
  /** The folder; a string is relative to the working directory. */
  readonly static: string | URL;
}

/** What {@link serve} takes. */
export type ServeOptions = FetchOptions | AppOptions | FolderOptions;

/** Where a server listens. */
export interface ServerAddress {
  /** A numeric address; empty on a Unix domain socket. */
  readonly host: string;
  /** 1 to 65535; 0 on a Unix domain socket. */
  readonly port: number;
  /** The absolute path of a Unix domain socket. */
  readonly path?: string;
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
}

/** What the command line adds to {@link serve}. */
export interface ServeExtras {
  /** Options stronger than all others, and how to name their sources. */
  readonly flags?: OptionLayer;
  /** Options weaker than all others but the defaults. */
  readonly defaults?: OptionLayer;
  /** Where to log. @default standard error */
  readonly log?: Log;
  /** Called before a reload loads the app anew; what it throws fails the reload. */
  readonly beforeReload?: () => void;
  /** Another process that holds the listening sockets too. It goes before what systemd passes. */
  readonly keeper?: SocketKeeper;
  /** Called with the URL of the admin endpoint when it answers, which is before the app is loaded. */
  readonly onAdminOpen?: (url: string) => void;
}

/**
 * Starts a server.
 * @param options what to serve: `{ fetch }` in this thread, `{ app }` or `{ static }` on several
 * @param extras for the command line
 * @returns resolves when it serves
 * @throws {HeddleError} `ERR_HEDDLE_OPTION`, `ERR_HEDDLE_NO_TARGET`, `ERR_HEDDLE_PORT_IN_USE`,
 *   `ERR_HEDDLE_PORT_DENIED`, `ERR_HEDDLE_ADDRESS`, `ERR_HEDDLE_SOCKET_IN_USE`, `ERR_HEDDLE_SOCKET_PATH`,
 *   `ERR_HEDDLE_INHERITED_SOCKET`, `ERR_HEDDLE_STATIC_ROOT`; the app's own error
 *
 * @example
 * const server = await serve({ fetch: () => new Response('Hello'), port: 0 });
 * console.log(server.url);
 * await server.close();
 */
export async function serve(options: ServeOptions, extras: ServeExtras = {}): Promise<Server> {
  const above = [
    ...(extras.flags === undefined ? [] : [extras.flags]),
    objectLayer(options, 'the options of serve()'),
  ];
  const below = [environmentLayer(process.env), ...(extras.defaults === undefined ? [] : [extras.defaults])];
  const log = extras.log ?? createLog('main');
  if (!('fetch' in options || 'app' in options || options.static !== undefined)) {
    throw new HeddleError(
      'ERR_HEDDLE_NO_TARGET',
      'serve() was given nothing to serve. Give fetch (a function), app (a module) or static (a folder).',
    );
  }
  if ('fetch' in options) return serveHere(options, [...above, ...below], log);
  const server = new SupervisedServer({
    app: 'app' in options ? moduleUrl('app', options.app) : undefined,
    staticRoot: options.static === undefined ? undefined : folderPath(options.static),
    tasks: options.tasks === undefined ? undefined : moduleUrl('tasks', options.tasks),
    inherited: inheritedBy(extras.keeper),
    keeper: extras.keeper,
    beforeReload: extras.beforeReload,
    above,
    below,
    log,
  });
  const readiness = new Readiness(() => server.inSight());
  const { admin: address } = settleConfig([...above, ...below]).settings;
  const threads = new ThreadReporter(() => server.inSight());
  const admin = address === '' ? undefined : await AdminEndpoint.open(address, { readiness, threads, log });
  if (admin !== undefined) extras.onAdminOpen?.(admin.url);
  return startSupervised(server, readiness, admin, extras.keeper);
}

function inheritedBy(keeper?: SocketKeeper): InheritedSockets {
  const descriptors = takeInherited(process.env, process.pid);
  return keeper?.kept ?? { descriptors, oneEach: false };
}

async function startSupervised(
  server: SupervisedServer,
  readiness: Readiness,
  admin: AdminEndpoint | undefined,
  keeper: SocketKeeper | undefined,
): Promise<Server> {
  try {
    await server.start();
  } catch (error) {
    await admin?.close();
    throw error;
  }
  readiness.onStarted();
  const { sockets, threads } = server.settled;
  const handle = new RunningServer({
    address: sockets.address,
    admin: admin?.url,
    threads: { count: threads, reason: server.cpus.reason },
    settings: () => server.settled.settings,
    reload: (reason) => server.reload(reason),
    shutdown: new Shutdown({
      announce: () => {
        readiness.onClosing();
        keeper?.tellClosing();
      },
      drain: (graceMs) => server.close(graceMs),
      finish: async () => admin?.close(),
    }),
  });
  void server.maxRequestsReached.then(() => handle.close({ delayMs: 0 }));
  void server.failed.then(() => handle.close({ delayMs: 0 }));
  return handle;
}

async function serveHere(options: FetchOptions, layers: readonly OptionLayer[], log: Log): Promise<Server> {
  const config = settleConfig(layers);
  const { settings, origins } = config;
  if (settings.admin !== '') throw noSupervisor(origins.admin, settings.admin);
  const pool = new LazyPool(
    settings,
    options.tasks === undefined ? undefined : moduleUrl('tasks', options.tasks),
  );
  const reached = Promise.withResolvers<void>();
  let count = 0;
  const admit = (): boolean => {
    count += 1;
    if (count === settings.maxRequests) reached.resolve();
    return count <= settings.maxRequests;
  };
  const site = new Site({
    app: {
      fetch: (...args) => options.fetch(...args),
      ...(options.error ? { error: options.error.bind(options) } : {}),
    },
    folder: options.static === undefined ? undefined : planFolder(folderPath(options.static), config),
    settings,
    thread: 0,
    pool,
    ...(settings.maxRequests > 0 ? { admit } : {}),
  });
  const { address, sockets } = await listenHere(site.listener, settings);
  const endLog = logRequests(log);
  // As on a server thread: without them `fetch(request)` would refuse the request that came in.
  const uninstall = installWebGlobals();
  const handle = new RunningServer({
    address,
    admin: undefined,
    threads: { count: 1, reason: 'serve({ fetch })' },
    settings: () => settings,
    reload: () => Promise.reject(reloadHere()),
    shutdown: new Shutdown({
      announce: () => undefined,
      drain: async (graceMs) => {
        await site.listener.stopAccepting();
        sockets?.close();
        const cut = await site.drain(graceMs);
        await pool.close();
        uninstall();
        endLog();
        return { cut, stoppedThreads: [], stuckThreads: 0 };
      },
      finish: () => Promise.resolve(),
    }),
  });
  // What comes after the last request is not answered: nobody is served by a delay.
  void reached.promise.then(() => handle.close({ delayMs: 0 }));
  return handle;
}

function noSupervisor(origin: string, value: string): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_OPTION',
    `${origin}: ${JSON.stringify(value)} cannot be had with serve({ fetch }), which has no supervisor that could tell of its thread. Leave it out, or serve an app module.`,
  );
}

/** A port is this thread's alone; a file and inherited sockets have more to them. */
async function listenHere(
  listener: HttpListener,
  settings: Settings,
): Promise<{ address: ServerAddress; sockets?: ListeningSockets }> {
  const place = placeOf(settings, inheritedBy());
  if (place.inherited?.descriptors.length || place.file !== undefined) {
    const sockets = await ListeningSockets.open({ ...place, threads: 1 });
    for (const lease of await sockets.leasesOf(0)) await listener.listen(lease);
    return { address: sockets.address, sockets };
  }
  let address: string | undefined;
  try {
    address = await resolveHost(place.host);
    await listener.listen({ host: address, port: place.port });
  } catch (error) {
    throw bindError(error, { host: place.host, port: place.port, address });
  }
  return { address: { host: address, port: listener.address?.port ?? place.port } };
}

/** A pool that has no thread before its first job. */
class LazyPool {
  readonly #settings: Settings;
  readonly #tasks: URL | undefined;
  #pool: ThreadPool | undefined;

  constructor(settings: Settings, tasks: URL | undefined) {
    this.#settings = settings;
    this.#tasks = tasks;
  }

  readonly execute: JobRunner['execute'] = (...args: unknown[]) =>
    Reflect.apply(this.#start().execute, this.#pool, args) as Promise<never>;

  readonly stream: JobRunner['stream'] = (...args: unknown[]) =>
    Reflect.apply(this.#start().stream, this.#pool, args) as JobStream<never, never>;

  #start(): ThreadPool {
    const { poolThreads, poolQueue } = this.#settings;
    this.#pool ??= new ThreadPool({
      maxQueue: poolQueue || Number.POSITIVE_INFINITY,
      ...(poolThreads === 'auto' ? {} : { size: poolThreads }),
      ...(this.#tasks === undefined ? {} : { tasks: this.#tasks }),
    });
    return this.#pool;
  }

  close(): Promise<void> {
    return this.#pool?.close() ?? Promise.resolve();
  }
}

interface RunningParts extends Pick<Server, 'admin' | 'threads'> {
  readonly address: ServerAddress;
  readonly settings: () => Settings;
  readonly reload: (reason: string) => Promise<void>;
  readonly shutdown: Shutdown;
}

class RunningServer implements Server {
  readonly url: string;
  readonly address: ServerAddress;
  readonly admin: string | undefined;
  readonly threads: { readonly count: number; readonly reason: string };
  readonly closed: Promise<ServerEnd>;
  readonly #settings: () => Settings;
  readonly #shutdown: Shutdown;
  readonly #reload: (reason: string) => Promise<void>;

  constructor(parts: RunningParts) {
    const { host, port, path } = parts.address;
    this.address = { host, port, ...(path === undefined ? {} : { path }) };
    this.url = path ?? `http://${urlHost(host)}:${port}/`;
    this.admin = parts.admin;
    this.threads = parts.threads;
    this.#settings = parts.settings;
    this.closed = parts.shutdown.closed;
    this.#shutdown = parts.shutdown;
    this.#reload = parts.reload;
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function reloadHere(): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_RELOAD_HERE',
    'A function that is served from this thread cannot be loaded anew. Give serve() the app module: { app }.',
  );
}

function moduleUrl(name: 'app' | 'tasks', target: string | URL): URL {
  const url = target instanceof URL ? target : pathToFileURL(resolve(target));
  if (url.protocol === 'file:' && !existsSync(url)) throw noTarget(name, fileURLToPath(url));
  return url;
}

function folderPath(target: string | URL): string {
  const path = target instanceof URL ? fileURLToPath(target) : isAbsolute(target) ? target : resolve(target);
  if (!existsSync(path) || !statSync(path).isDirectory()) throw noTarget('static', path);
  return path;
}

function noTarget(name: OptionName | 'app' | 'tasks' | 'static', path: string): HeddleError {
  const what = name === 'static' ? 'folder' : 'module';
  return new HeddleError('ERR_HEDDLE_NO_TARGET', `There is no ${what} ${path}. Check the path of ${name}.`);
}
