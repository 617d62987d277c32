import { HeddleError } from '#observe/heddle-error.ts';
import { createLog, type Log } from '#observe/log.ts';
import type { AdminEndpoint } from './admin-endpoint.ts';
import { Readiness } from './readiness.ts';
import { RunningServer, type Server } from './running-server.ts';
import { capturedServe } from './serve-capture.ts';
import type { ServeOptions } from './serve-targets.ts';
import { environmentLayer, type OptionLayer, objectLayer, settleConfig } from './server-config.ts';
import { Shutdown } from './shutdown.ts';
import type { SocketKeeper } from './socket-keeper.ts';
import { inheritedSockets } from './sockets-at-start.ts';
import type { SupervisedOptions } from './supervised-options.ts';
import { SupervisedServer } from './supervised-server.ts';
import { folderPath, moduleUrl } from './target-paths.ts';
import type { VirtualHost } from './virtual-hosts.ts';

/** A config file, as it is when it is asked. */
export interface LiveConfig {
  /** Its options. */
  readonly layer: OptionLayer;
  /** Its absolute path. */
  readonly path: string;
  /** Its virtual hosts. */
  readonly virtualHosts: () => readonly VirtualHost[];
}

/** What the command line adds to {@link serve}. */
export interface ServeExtras {
  /** Options stronger than all others, and how to name their sources. */
  readonly flags?: OptionLayer;
  /** What a config file says; weaker than what the app's module says. Read again at each reload. */
  readonly config?: LiveConfig;
  /** Options weaker than all others but the defaults. */
  readonly defaults?: OptionLayer;
  /** Where to log. @default standard error */
  readonly log?: Log;
  /** Called before a reload loads the app anew; what it throws fails the reload. */
  readonly beforeReload?: () => void | Promise<void>;
  /** Another process that holds the listening sockets too. It goes before what systemd passes. */
  readonly keeper?: SocketKeeper;
  /** Whether the process is this server's alone, so that V8 may be set up for it. @default false */
  readonly ownsProcess?: boolean;
  /** Called with the URL of the admin endpoint when it answers, which is before the app is loaded. */
  readonly onAdminOpen?: (url: string) => void;
}

/**
 * Starts a server. In a module that `heddle app.ts` has loaded it starts none: its options become the module's, and it
 * resolves when the server that heddle starts has an address. For `{ fetch }` our `Request` and `Response` are the globals of
 * this thread while it serves (decision 013).
 * @param options what to serve: `{ fetch }` in this thread, `{ app }` or `{ static }` on several
 * @param extras for the command line
 * @returns resolves when it serves
 * @throws {HeddleError} `ERR_HEDDLE_OPTION`, `ERR_HEDDLE_NO_TARGET`, `ERR_HEDDLE_PORT_IN_USE`,
 *   `ERR_HEDDLE_PORT_DENIED`, `ERR_HEDDLE_ADDRESS`, `ERR_HEDDLE_SOCKET_IN_USE`, `ERR_HEDDLE_SOCKET_PATH`,
 *   `ERR_HEDDLE_INHERITED_SOCKET`, `ERR_HEDDLE_STATIC_ROOT`, `ERR_HEDDLE_SERVE_JSON`, `ERR_HEDDLE_ACCOUNTS`,
 *   `ERR_HEDDLE_VIRTUAL_HOST`; the app's own error;
 *   in a module that heddle loads, `ERR_HEDDLE_SERVE_IN_THREAD` for anything but `{ fetch }` while it is loaded, and
 *   `ERR_HEDDLE_APP_TWO_HANDLERS` for a second call
 *
 * @example
 * const server = await serve({ fetch: () => new Response('Hello'), port: 0 });
 * console.log(server.url);
 * await server.close();
 */
export function serve(options: ServeOptions, extras: ServeExtras = {}): Promise<Server> {
  return capturedServe(options) ?? start(options, extras);
}

async function start(options: ServeOptions, extras: ServeExtras): Promise<Server> {
  const flags = extras.flags === undefined ? [] : [extras.flags];
  const above = [...flags, objectLayer(options, 'the options of serve()')];
  const { config } = extras;
  const below = [
    ...(config === undefined ? [] : [config.layer]),
    environmentLayer(process.env),
    ...(extras.defaults === undefined ? [] : [extras.defaults]),
  ];
  const virtualHosts: SupervisedOptions['virtualHosts'] = (ofModule) =>
    options.virtualHosts ?? ofModule ?? config?.virtualHosts() ?? [];
  const log = extras.log ?? createLog('main');
  const isNothing = !('fetch' in options || 'app' in options) && options.static === undefined;
  if (isNothing && virtualHosts().length === 0) {
    throw new HeddleError(
      'ERR_HEDDLE_NO_TARGET',
      'serve() was given nothing to serve. Give fetch (a function), app (a module), static (a folder) or virtualHosts.',
    );
  }
  if ('fetch' in options) {
    // What answers is loaded only where it runs: the supervisor's thread starts in half the time without it.
    const { serveHere } = await import('./serve-here.ts');
    return serveHere(options, { flags, above, below }, log);
  }
  const server = new SupervisedServer({
    app: 'app' in options ? moduleUrl('app', options.app) : undefined,
    staticRoot: options.static === undefined ? undefined : folderPath(options.static),
    tasks: options.tasks === undefined ? undefined : moduleUrl('tasks', options.tasks),
    virtualHosts,
    configFile: config?.path,
    inherited: inheritedSockets(extras.keeper),
    keeper: extras.keeper,
    ownsProcess: extras.ownsProcess,
    beforeReload: extras.beforeReload,
    flags,
    above,
    below,
    log,
  });
  const readiness = new Readiness(() => server.inSight());
  const { admin: address } = settleConfig([...above, ...below]).settings;
  const admin =
    address === ''
      ? undefined
      : await (await import('./open-admin.ts')).openAdmin(address, server, readiness, log);
  if (admin !== undefined) extras.onAdminOpen?.(admin.url);
  return startSupervised(server, readiness, admin, extras.keeper);
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
    reopenLogs: () => server.reopenLogs(),
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
