import { installWebGlobals } from '#fetch/web-globals.ts';
import type { HttpListener } from '#net/listener.ts';
import { HeddleError } from '#observe/heddle-error.ts';
import { type Log, logRequests } from '#observe/log.ts';
import { AccessLogFile } from './access-log-file.ts';
import { bindError } from './bind-error.ts';
import * as folders from './host-handler.ts';
import { LazyPool } from './lazy-pool.ts';
import { placeOf, resolveHost } from './listening-place.ts';
import { ListeningSockets } from './listening-sockets.ts';
import { RunningServer, type Server, type ServerAddress } from './running-server.ts';
import type { Settings } from './serve-options.ts';
import type { FetchOptions } from './serve-targets.ts';
import { planServed } from './served-plan.ts';
import { type OptionLayer, settleConfig } from './server-config.ts';
import { Shutdown } from './shutdown.ts';
import { Site } from './site.ts';
import { inheritedSockets } from './sockets-at-start.ts';
import { folderPath, moduleUrl } from './target-paths.ts';

/**
 * Serves a function from this thread, without a supervisor.
 * @param options what to serve
 * @param layers of options: flags; what goes before, and what comes behind
 * @param log where to log
 * @returns resolves when it serves
 * @throws what `serve()` throws
 */
export async function serveHere(
  options: FetchOptions,
  { flags, above, below }: Record<'flags' | 'above' | 'below', readonly OptionLayer[]>,
  log: Log,
): Promise<Server> {
  const config = settleConfig([...above, ...below]);
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
  const logFile = AccessLogFile.open(settings, log);
  const site = new Site({
    app: {
      fetch: (...args) => options.fetch(...args),
      ...(options.error ? { error: options.error.bind(options) } : {}),
    },
    served: planServed(
      { root: options.static === undefined ? undefined : folderPath(options.static), config },
      { hosts: options.virtualHosts ?? [], above: flags, below: [...above, ...below] },
    ),
    folders,
    settings,
    thread: 0,
    pool,
    accessLog: logFile?.seat(logFile.join(), settings),
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
    reopenLogs: async () => logFile?.reopen(),
    shutdown: new Shutdown({
      announce: () => undefined,
      drain: async (graceMs) => {
        await site.listener.stopAccepting();
        sockets?.close();
        const cut = await site.drain(graceMs);
        await pool.close();
        await logFile?.close();
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
  const place = placeOf(settings, inheritedSockets());
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

function reloadHere(): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_RELOAD_HERE',
    'A function that is served from this thread cannot be loaded anew. Give serve() the app module: { app }.',
  );
}
