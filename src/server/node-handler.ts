import { appOfHandler, appOfServer, type NodeApp, type NodeHandler } from '#fetch/node-app.ts';

type Members = Readonly<Record<string, unknown>>;

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
  return {
    ...appOfServer(server, 'default, a server'),
    // What listens to its 'close' hears it; there is no socket that it could close.
    close: async () => void (server.close as () => unknown).call(server),
  };
}

function fastify(app: Members): NodeApp {
  return {
    ...appOfServer(app.server, 'default, a Fastify instance'),
    ready: async () => void (await (app.ready as () => PromiseLike<unknown>).call(app)),
    close: async () => void (await (app.close as () => PromiseLike<unknown>).call(app)),
  };
}
