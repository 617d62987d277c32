import { appOfHandler, appOfServer, type NodeApp, type NodeHandler } from '#fetch/node-app.ts';
import type { Members } from './app-handlers.ts';

/**
 * The Node app that an export is: a function of two or more parameters, as Express apps are, a server of
 * `http.createServer()`, a Fastify instance, or a Koa app.
 * @param value what was exported
 * @returns `undefined` where it is none of these
 * @throws {HeddleError} `ERR_HEDDLE_APP_NODE_SERVER` for a server that speaks TLS or HTTP/2
 */
export function nodeAppOf(value: unknown): NodeApp | undefined {
  if (typeof value === 'function') {
    if (value.length < 2) return undefined;
    return appOfHandler(
      value as NodeHandler,
      `default, a function of ${value.length} parameters: (req, res)`,
    );
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const members = value as Members;
  if (has(members, 'ready', 'inject', 'route') && typeof members.server === 'object') return fastify(members);
  if (has(members, 'emit', 'listen', 'listeners')) {
    if (has(members, 'callback') && Array.isArray(members.middleware)) return koa(members);
    return ofServer(members);
  }
  return undefined;
}

function has(members: Members, ...names: string[]): boolean {
  return names.every((name) => typeof members[name] === 'function');
}

function koa(app: Members): NodeApp {
  return appOfHandler((app.callback as () => NodeHandler).call(app), 'default, a Koa app');
}

function ofServer(server: Members): NodeApp {
  const app = appOfServer(server, 'default, a server');
  return {
    ...app,
    // What listens to its 'close' hears it; there is no socket of its own that it would have to close.
    close: () => new Promise((resolve) => app.nodeServer.close(() => resolve())),
  };
}

function fastify(app: Members): NodeApp {
  return {
    ...appOfServer(app.server, 'default, a Fastify instance'),
    ready: async () => void (await (app.ready as () => PromiseLike<unknown>).call(app)),
    close: async () => void (await (app.close as () => PromiseLike<unknown>).call(app)),
  };
}
