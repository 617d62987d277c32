import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { MAIN, runHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { RawConnection } from './raw-connection.ts';

const ANALYZE = '/usr/bin/systemd-analyze';
const ACTIVATE = '/usr/bin/systemd-socket-activate';

/** A folder with an app, and the units for it. */
async function unitsOf(parent: string): Promise<{ folder: string; service: string; socket: string }> {
  const root = temporaryFolder({
    [`${parent}/app.ts`]: "export default { fetch: () => new Response('activated') };",
    [`${parent}/package.json`]: '{ "name": "shop" }',
  });
  const folder = `${root}/${parent}`;
  const { code, stderr } = await runHeddle(['init', 'systemd', 'app.ts'], { cwd: folder });
  assert.equal(code, 0, stderr);
  return { folder, service: `${folder}/shop.service`, socket: `${folder}/shop.socket` };
}

async function untilMatching(output: Readable, pattern: RegExp): Promise<void> {
  let text = '';
  output.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  while (!pattern.test(text)) await once(output, 'data');
}

/** The last value of a directive. */
function directive(unit: string, name: string): string {
  const values = [...readFileSync(unit, 'utf8').matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))];
  return values.at(-1)?.[1] ?? '';
}

describe('the units of heddle init systemd', () => {
  for (const parent of ['shop', 'my 50% "off" $hop']) {
    const skip = !existsSync(ANALYZE) && `there is no ${ANALYZE}`;
    test(`are found right by systemd itself, in ${parent}`, { skip }, async () => {
      const { folder, service, socket } = await unitsOf(parent);
      const { status, stdout, stderr } = spawnSync(ANALYZE, ['verify', service, socket], {
        encoding: 'utf8',
      });
      // It looks into the units of the machine too, which are none of ours.
      const ours = (stdout + stderr).split('\n').filter((line) => /shop/.test(line));
      assert.deepEqual(ours, []);
      assert.equal(status, 0, stderr);
      assert.equal(directive(service, 'WorkingDirectory').replaceAll('%%', '%'), folder);
    });
  }

  test('give a shutdown longer than its drain, and ask the server alone to end', async () => {
    const { service } = await unitsOf('shop');
    assert.ok(Number.parseInt(directive(service, 'TimeoutStopSec'), 10) > 10 + 2);
    assert.equal(directive(service, 'KillMode'), 'mixed');
    assert.equal(directive(service, 'ExecReload'), 'kill -HUP $MAINPID');
  });

  const skip = !existsSync(ACTIVATE) && `there is no ${ACTIVATE}`;
  test('start a server on the socket that systemd holds', { skip }, async () => {
    const { folder, service } = await unitsOf('shop');
    const [program = '', ...args] = directive(service, 'ExecStart').split(' ');
    assert.deepEqual([program, ...args], [process.execPath, MAIN, './app.ts']);
    // A file instead of a port, and a cache in this folder.
    const variable = directive(service, 'Environment').replace('%C', folder);
    const path = `${folder}/socket`;
    const child = spawn(ACTIVATE, ['--listen', path, '--setenv', variable, program, ...args], {
      cwd: folder,
    });
    const exited = once(child, 'exit');
    try {
      await untilMatching(child.stderr, /Listening on/);
      // The server is started by the first who connects, in the place of what listened.
      await using connection = await RawConnection.open(path);
      assert.equal((await connection.fetch('/')).body, 'activated');
      await untilMatching(child.stdout, /^heddle: serving /m);
      child.kill('SIGTERM');
      assert.deepEqual(await exited, [0, null]);
    } finally {
      child.kill('SIGKILL');
    }
    assert.notDeepEqual(
      readdirSync(variable.replace(/^.*?=/, '')),
      [],
      'the cache of compiled code was used',
    );
  });
});
