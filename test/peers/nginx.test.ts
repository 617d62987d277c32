import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { canHoldSockets } from '#native/held-socket.ts';
import { Load } from '../faults/load.ts';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { ProxyProcess } from './proxy-process.ts';

const NGINX = '/usr/sbin/nginx';
const RELOADS = 3;
const skip = !existsSync(NGINX)
  ? `there is no ${NGINX}`
  : !canHoldSockets() && 'this Node holds no socket for it to listen on';

/**
 * nginx in front of one server, which it keeps connections to.
 * @param backend the server
 * @param folder where all of its files are
 * @param directives more of them, for the requests to the server
 */
function startNginx(backend: URL, folder: string, directives: readonly string[]): Promise<ProxyProcess> {
  return ProxyProcess.start((port) => {
    const config = [
      // With `master_process off` it crashes on a socket that it inherits.
      ...['daemon off;', 'worker_processes 1;', `pid ${folder}/pid;`],
      // As root it would serve as another user, to whom the folder is closed.
      ...(process.getuid?.() === 0 ? ['user root root;'] : []),
      'events { worker_connections 256; }',
      'http {',
      ...['access_log off;', `client_body_temp_path ${folder}/body;`],
      ...['proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`),
      `upstream heddle { server ${backend.host}; keepalive 16; }`,
      `server { listen 127.0.0.1:${port}; location / {`,
      ...['proxy_pass http://heddle;', 'proxy_http_version 1.1;', 'proxy_set_header Connection "";'],
      ...[...directives, '} } }'],
    ];
    writeFileSync(`${folder}/nginx.conf`, config.join('\n'));
    return {
      program: NGINX,
      args: ['-p', folder, '-e', `${folder}/error.log`, '-c', `${folder}/nginx.conf`],
      // What it inherits, as when it replaces its own program.
      env: { NGINX: '3;' },
    };
  });
}

/** Reloads under load, with nginx in between, are seen by nobody. */
async function assertReloadsCostNothing(directives: readonly string[]): Promise<void> {
  const folder = temporaryFolder();
  await using heddle = await spawnHeddle(['test/peers/who.ts', '--threads', '2']);
  await using nginx = await startNginx(new URL(heddle.url), folder, directives);
  await using load = new Load(nginx.url, { keepAlive: 6, close: 6 });
  await load.untilMoreAnswers(200);
  for (let reload = 1; reload <= RELOADS; reload += 1) {
    process.kill(heddle.pid, 'SIGHUP');
    await heddle.waitForOutput(new RegExp(`generation ${reload + 1} serves`));
    // Its last connections are closed then; what is answered from here on is answered by the next.
    await heddle.waitForOutput(new RegExp(`generation ${reload} has ended`));
    await load.untilMoreAnswers(200);
  }
  const { losses, outcomes, answersByThread } = await load.stop();
  const log = readFileSync(`${folder}/error.log`, 'utf8');
  assert.deepEqual(losses, [], log);
  for (const counts of Object.values(outcomes)) assert.deepEqual(Object.keys(counts), ['status 200'], log);
  // Who connects falls to any thread of a generation: at least one of each has answered.
  assert.ok(Object.keys(answersByThread).length > RELOADS, JSON.stringify(answersByThread));
  assert.doesNotMatch(heddle.stderr, /died|cut|stopped/);
  assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
}

describe('reloads of the only server behind nginx, under load, cost no request', { skip }, () => {
  test('with what nginx does by default', () => assertReloadsCostNothing([]));

  test('where nginx repeats no request', () => assertReloadsCostNothing(['proxy_next_upstream off;']));
});
