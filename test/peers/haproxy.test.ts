import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import { canHoldSockets } from '#native/held-socket.ts';
import { Load } from '../faults/load.ts';
import type { LoadReport } from '../faults/load-client.ts';
import { type SpawnedHeddle, spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { ProxyProcess } from './proxy-process.ts';

const HAPROXY = '/usr/sbin/haproxy';
const WHO = 'test/peers/who.ts';
const LOAD = { keepAlive: 6, close: 6 };
const skip = !existsSync(HAPROXY)
  ? `there is no ${HAPROXY}`
  : !canHoldSockets() && 'this Node holds no socket for it to listen on';

/** A heddle of one thread, with the ports that it can be started on again. */
class Backend implements AsyncDisposable {
  heddle: SpawnedHeddle;
  readonly port: string;
  readonly adminPort: string;

  private constructor(heddle: SpawnedHeddle) {
    this.heddle = heddle;
    this.port = new URL(heddle.url).port;
    this.adminPort = /heddle: admin on http:\/\/127\.0\.0\.1:(\d+)/.exec(heddle.stdout)?.[1] ?? '';
    assert.notEqual(this.adminPort, '');
  }

  static async start(): Promise<Backend> {
    return new Backend(await Backend.#spawn('0', '0'));
  }

  /** As in a rolling restart: it ends, then another has its ports. */
  async restart(): Promise<void> {
    assert.deepEqual(await this.heddle.stop(), { code: 0, signal: null }, this.heddle.stderr);
    this.heddle = await Backend.#spawn(this.port, this.adminPort);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.heddle[Symbol.asyncDispose]();
  }

  static #spawn(port: string, adminPort: string): Promise<SpawnedHeddle> {
    const flags = ['-t', '1', '--port', port, '--admin', adminPort, '--shutdown-delay', '1s'];
    return spawnHeddle([WHO, ...flags], { anyPort: false });
  }
}

/** HAProxy in front of some servers. */
function startHaproxy(...backends: readonly Backend[]): Promise<ProxyProcess> {
  const servers = backends.map(({ port, adminPort }, at) => {
    return `  server s${at} 127.0.0.1:${port} check port ${adminPort} inter 200ms fall 1 rise 1`;
  });
  const config = [
    ...['defaults', '  mode http', '  timeout connect 5s', '  timeout client 30s', '  timeout server 30s'],
    ...['frontend load', '  bind fd@3', '  default_backend heddle'],
    ...['backend heddle', '  option httpchk GET /readyz', '  http-reuse always', ...servers, ''],
  ];
  const folder = temporaryFolder({ 'haproxy.cfg': config.join('\n') });
  return ProxyProcess.start(() => ({ program: HAPROXY, args: ['-db', '-f', `${folder}/haproxy.cfg`] }));
}

function assertAllAnswered({ losses, outcomes }: LoadReport): void {
  assert.deepEqual(losses, []);
  for (const counts of Object.values(outcomes)) assert.deepEqual(Object.keys(counts), ['status 200']);
}

describe('behind HAProxy, under load', { skip }, () => {
  test('a server that is told to end costs no request', async () => {
    await using first = await Backend.start();
    await using second = await Backend.start();
    await using haproxy = await startHaproxy(first, second);
    await using load = new Load(haproxy.url, LOAD);
    await load.untilThreads(2);
    assert.deepEqual(await first.heddle.stop(), { code: 0, signal: null }, first.heddle.stderr);
    await load.untilMoreAnswers(200);
    assertAllAnswered(await load.stop());
  });

  test('a rolling restart of both costs no request', async () => {
    await using first = await Backend.start();
    await using second = await Backend.start();
    await using haproxy = await startHaproxy(first, second);
    await using load = new Load(haproxy.url, LOAD);
    await load.untilThreads(2);
    await first.restart();
    await load.untilThreads(3);
    await second.restart();
    await load.untilThreads(4);
    await load.untilMoreAnswers(200);
    assertAllAnswered(await load.stop());
  });
});
