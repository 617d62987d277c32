import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { canHoldSockets } from '#native/held-socket.ts';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { ProxyProcess } from './proxy-process.ts';

const NGINX = '/usr/sbin/nginx';
const HAPROXY = '/usr/sbin/haproxy';
const APP = 'test/peers/forwarded-app.ts';

/** As docs/apps.md has them. */
const NGINX_DIRECTIVES = [
  'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
  'proxy_set_header X-Forwarded-Proto $scheme;',
  'proxy_set_header X-Forwarded-Host $http_host;',
  'proxy_set_header Forwarded "";',
];
const HAPROXY_DIRECTIVES = [
  'option forwardfor',
  'http-request set-header X-Forwarded-Proto http',
  'http-request set-header X-Forwarded-Host %[req.hdr(Host)]',
  'http-request del-header Forwarded',
];
/** What a client writes that wants to be somebody else, elsewhere. */
const LIES = {
  'x-forwarded-for': '203.0.113.9',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'evil.example',
  forwarded: 'for=203.0.113.9;proto=https;host=evil.example',
};

/** @param backend `host:port`, or `unix:` and a path */
function startNginx(backend: string): Promise<ProxyProcess> {
  const folder = temporaryFolder();
  return ProxyProcess.start((port) => {
    const config = [
      ...['daemon off;', 'worker_processes 1;', `pid ${folder}/pid;`],
      ...(process.getuid?.() === 0 ? ['user root root;'] : []),
      ...['events { worker_connections 64; }', 'http {', 'access_log off;'],
      `client_body_temp_path ${folder}/body;`,
      ...['proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`),
      `server { listen 127.0.0.1:${port}; location / { proxy_pass http://${backend};`,
      ...[...NGINX_DIRECTIVES, '} } }'],
    ];
    writeFileSync(`${folder}/nginx.conf`, config.join('\n'));
    const args = ['-p', folder, '-e', `${folder}/error.log`, '-c', `${folder}/nginx.conf`];
    return { program: NGINX, args, env: { NGINX: '3;' } };
  });
}

function startHaproxy(backend: string): Promise<ProxyProcess> {
  const config = [
    ...['defaults', ' mode http', ' timeout connect 5s', ' timeout client 30s', ' timeout server 30s'],
    ...['frontend in', ' bind fd@3', ' default_backend heddle', 'backend heddle'],
    ...[
      ...HAPROXY_DIRECTIVES.map((directive) => ` ${directive}`),
      ` server a ${backend.replace('unix:', 'unix@')}`,
      '',
    ],
  ];
  const folder = temporaryFolder({ 'haproxy.cfg': config.join('\n') });
  return ProxyProcess.start(() => ({ program: HAPROXY, args: ['-db', '-f', `${folder}/haproxy.cfg`] }));
}

const PROXIES = [
  ['nginx', NGINX, startNginx],
  ['HAProxy', HAPROXY, startHaproxy],
] as const;

for (const [name, program, start] of PROXIES) {
  const skip = !existsSync(program)
    ? `there is no ${program}`
    : !canHoldSockets() && 'this Node holds no socket for it to listen on';

  describe(`behind ${name}`, { skip }, () => {
    const told = async (proxy: ProxyProcess): Promise<unknown> =>
      (await fetch(`${proxy.url}path?q`, { headers: LIES })).json();

    test('the client is whom the proxy saw, and the URL the one that it was asked for', async () => {
      await using heddle = await spawnHeddle([APP, '-t', '2', '--trust-proxy', '1']);
      await using proxy = await start(new URL(heddle.url).host);
      assert.deepEqual(await told(proxy), { ip: '127.0.0.1', url: `${proxy.url}path?q` });
    });

    test('the client of a client that is a trusted proxy is whom that one named', async () => {
      await using heddle = await spawnHeddle([APP, '-t', '2'], {
        env: { HEDDLE_TRUST_PROXY: 'loopback' },
      });
      await using proxy = await start(new URL(heddle.url).host);
      assert.deepEqual(await told(proxy), { ip: '203.0.113.9', url: `${proxy.url}path?q` });
    });

    test('that is not trusted, it is itself the client', async () => {
      await using heddle = await spawnHeddle([APP, '-t', '2', '--trust-proxy', 'private']);
      await using proxy = await start(new URL(heddle.url).host);
      const { url } = (await told(proxy)) as { url: string };
      assert.match(url, /^http:\/\/(?!evil)/);
    });

    test('on a Unix domain socket all of it holds', async () => {
      const path = `${temporaryFolder()}/heddle.sock`;
      await using _heddle = await spawnHeddle([APP, '-t', '2', '--socket', path, '--trust-proxy', '1'], {
        anyPort: false,
      });
      await using proxy = await start(`unix:${path}`);
      assert.deepEqual(await told(proxy), { ip: '127.0.0.1', url: `${proxy.url}path?q` });
    });
  });
}
