import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StartCommand } from './running-peer.ts';
import { FILES } from './scenarios.ts';

/** A server that is measured. */
export interface Peer {
  readonly name: string;
  readonly version: string;
  /** Which kinds of scenarios it is for, and of those only these where they are named. */
  readonly kinds: readonly ('app' | 'folder')[];
  readonly only?: readonly string[];
  readonly except?: readonly string[];
  /** How it is started. */
  start(kind: 'app' | 'folder', port: number): StartCommand;
}

/** Where servers find their files, and may write theirs. */
export interface Workplace {
  /** A folder of its own for this run. */
  readonly folder: string;
  /** The folder that is served. */
  readonly root: string;
}

const BENCH = fileURLToPath(new URL('../', import.meta.url));
const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const APPS = join(BENCH, 'peers');

/** Makes the folder that is served. */
export function makeWorkplace(folder: string): Workplace {
  const root = join(folder, 'site');
  mkdirSync(root, { recursive: true });
  for (const [name, bytes] of Object.entries(FILES)) {
    const line = `export function name(argument) { return argument + ${name.length}; }\n`;
    writeFileSync(
      join(root, name),
      name === 'index.html' ? 'Hello' : line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes),
    );
  }
  return { folder, root };
}

/** All that are installed here, and the names of those that are not. */
export function findPeers(place: Workplace): {
  readonly peers: readonly Peer[];
  readonly missing: readonly string[];
} {
  const missing: string[] = [];
  const peers = [
    heddle(place, PROJECT),
    floor(place),
    ...[
      node('node:http', 'node-http.mjs', process.versions.node),
      node('Fastify', 'fastify.mjs', packageVersion('fastify')),
      node('Hono', 'hono.mjs', packageVersion('hono')),
      node('srvx', 'srvx.mjs', packageVersion('srvx')),
    ],
    bun(place),
    deno(),
    nginx(place),
    h2o(place),
    caddy(place),
    files('sirv', 'sirv.mjs', place),
    files('serve', 'serve.mjs', place, packageVersion('serve-handler')),
    book(place),
  ].filter((peer) => {
    if (peer !== undefined && peer.version !== '') return true;
    missing.push(peer?.name ?? '');
    return false;
  });
  return { peers, missing: missing.filter((name) => name !== '') };
}

/**
 * heddle, of one checkout.
 * @param project its folder
 */
export function heddle({ root }: Workplace, project: string): Peer {
  return {
    name: 'heddle',
    version: JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')).version,
    kinds: ['app', 'folder'],
    start: (kind, port) => ({
      command: [
        process.execPath,
        join(project, 'src/cli/main.ts'),
        kind === 'app' ? join(APPS, 'fetch-app.mjs') : root,
        ...['--port', String(port), '--threads', '1', '--quiet'],
      ],
    }),
  };
}

function node(name: string, file: string, version: string): Peer {
  return { name, version, kinds: ['app'], start: () => ({ command: [process.execPath, join(APPS, file)] }) };
}

function files(
  name: string,
  file: string,
  { root }: Workplace,
  version: string = packageVersion(name),
): Peer {
  const command = [process.execPath, join(APPS, file)] as const;
  return {
    name,
    version,
    kinds: ['folder'],
    start: () => ({ command, env: { ROOT: root } }),
    // sirv sends compressed siblings, and makes none; of serve the command does it, by another package.
    except: ['gzip'],
  };
}

function bun({ root }: Workplace): Peer {
  const path = join(APPS, 'node_modules/.bin/bun');
  return {
    name: 'Bun',
    version: outputOf(path, '--version'),
    kinds: ['app', 'folder'],
    except: ['gzip'],
    start: (kind) => ({
      command: [path, join(APPS, kind === 'app' ? 'bun.mjs' : 'bun-files.mjs')],
      env: { ROOT: root },
    }),
  };
}

function deno(): Peer {
  const path = join(APPS, 'node_modules/.bin/deno');
  return {
    name: 'Deno',
    version: /deno (\S+)/.exec(outputOf(path, '--version'))?.[1] ?? '',
    kinds: ['app'],
    start: () => ({ command: [path, 'run', '--allow-all', join(APPS, 'deno.mjs')] }),
  };
}

function floor({ folder }: Workplace): Peer {
  const path = join(folder, 'floor');
  if (existsSync('/usr/bin/gcc'))
    execFileSync('/usr/bin/gcc', ['-O2', '-o', path, join(APPS, 'floor.c')], { stdio: 'ignore' });
  return {
    name: 'C floor',
    version: existsSync(path) ? 'epoll' : '',
    kinds: ['app'],
    only: ['hello', 'browser', 'pipelined'],
    start: (_, port) => ({ command: [path, String(port)] }),
  };
}

function nginx({ folder, root }: Workplace): Peer {
  const path = '/usr/sbin/nginx';
  return {
    name: 'nginx',
    version: /nginx\/(\S+)/.exec(outputOf(path, '-v'))?.[1] ?? '',
    kinds: ['app', 'folder'],
    only: ['hello', 'browser', 'pipelined', 'close', '10k', '100k', '1m', '100m', '304', 'gzip'],
    start: (kind, port) => {
      const hello = 'location = / { default_type text/plain; return 200 "Hello"; }';
      const config = join(folder, `nginx-${kind}.conf`);
      writeFileSync(
        config,
        `daemon off; master_process off; worker_processes 1; pid ${folder}/nginx-${kind}.pid; error_log stderr;
events { worker_connections 20000; }
http {
  include /etc/nginx/mime.types; access_log off; sendfile on; tcp_nopush on; tcp_nodelay on;
  keepalive_requests 1000000000; open_file_cache max=1000; gzip on; gzip_types application/javascript text/javascript;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  server { listen 127.0.0.1:${port} backlog=511; root ${root}; ${kind === 'app' ? hello : ''} }
}
`,
      );
      return { command: [path, '-p', folder, '-c', config] };
    },
  };
}

function h2o({ folder, root }: Workplace): Peer {
  const path = '/usr/bin/h2o';
  return {
    name: 'h2o',
    version: /version (\S+)/.exec(outputOf(path, '--version'))?.[1] ?? '',
    kinds: ['app', 'folder'],
    only: ['hello', 'browser', 'close', '10k', '100k', '1m', '100m', '304', 'gzip'],
    start: (kind, port) => {
      const config = join(folder, `h2o-${kind}.conf`);
      writeFileSync(
        config,
        `num-threads: 1
user: ${process.getuid?.() === 0 ? 'root' : process.env.USER}
listen: { host: 127.0.0.1, port: ${port} }
max-connections: 20000
file.mime.addtypes: { "application/javascript": ".js" }
compress: [ gzip ]
hosts: { default: { paths: { "/": { file.dir: ${root} } } } }
`,
      );
      return { command: [path, '-c', config] };
    },
  };
}

function caddy({ folder, root }: Workplace): Peer {
  const path = '/usr/bin/caddy';
  return {
    name: 'Caddy',
    version: outputOf(path, 'version').split(' ')[0] ?? '',
    kinds: ['folder'],
    start: (_, port) => {
      const config = join(folder, 'Caddyfile');
      writeFileSync(
        config,
        `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  bind 127.0.0.1
  root * ${root}
  encode gzip
  file_server
}
`,
      );
      const env = { GOMAXPROCS: '1', HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
      return { command: [path, 'run', '--config', config, '--adapter', 'caddyfile'], env };
    },
  };
}

/** A server in the manner of the book's last chapter: a pool of threads, one request a connection. */
function book({ folder }: Workplace): Peer {
  const path = join(folder, 'book');
  const rustc = ['/root/.cargo/bin/rustc', '/usr/bin/rustc', `${process.env.HOME}/.cargo/bin/rustc`].find(
    existsSync,
  );
  if (rustc !== undefined) {
    try {
      execFileSync(rustc, ['-O', '--edition', '2021', '-o', path, join(APPS, 'book.rs')], {
        stdio: 'ignore',
      });
    } catch {
      // No toolchain behind it.
    }
  }
  return {
    name: "the book's",
    version: existsSync(path) ? 'Rust' : '',
    kinds: ['app'],
    only: ['close'],
    start: (_, port) => ({ command: [path, String(port)] }),
  };
}

function packageVersion(name: string): string {
  try {
    return JSON.parse(readFileSync(join(APPS, 'node_modules', name, 'package.json'), 'utf8')).version;
  } catch {
    return '';
  }
}

function outputOf(path: string, argument: string): string {
  if (!existsSync(path)) return '';
  try {
    return execFileSync('/bin/sh', ['-c', `'${path}' ${argument} 2>&1`], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}
