import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { whyMissing } from '../support/installed.ts';
import { spawnHeddle } from '../support/spawn-heddle.ts';

const APP = 'test/frameworks/apps/websockets.ts';

/** A WebSocket that is open. */
async function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}ws`);
  await once(socket, 'open');
  return socket;
}

async function ask(socket: WebSocket, text: string): Promise<unknown> {
  socket.send(text);
  const [message] = (await once(socket, 'message')) as [MessageEvent];
  return message.data;
}

suite('ws beside a server of http.createServer()', { skip: whyMissing('frameworks', 'ws') }, () => {
  test('messages go both ways, beside requests, and listeners of the server hear what they would', async () => {
    await using heddle = await spawnHeddle([APP, '-t', '2', '--idle-grace', '0']);
    const sockets = await Promise.all(Array.from({ length: 4 }, () => open(heddle.url)));
    for (const [at, socket] of sockets.entries()) assert.equal(await ask(socket, `${at}`), `echo ${at}`);
    assert.equal(await (await fetch(`${heddle.url}page`)).text(), 'Hello /page');
    const { port } = new URL(heddle.url);
    assert.equal(heddle.stdout.match(new RegExp(`^listening on ${port}$`, 'gm'))?.length, 2);
    for (const socket of sockets) {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    }
    assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
    assert.equal(heddle.stdout.match(/^the server was closed$/gm)?.length, 2);
    assert.equal(heddle.stdout.match(/^a socket was closed$/gm)?.length, 4);
  });

  test('one that stays open is waited for at a shutdown, and cut behind --drain-timeout', async () => {
    await using heddle = await spawnHeddle([APP, '-t', '1', '--idle-grace', '0', '--drain-timeout', '500ms']);
    const socket = await open(heddle.url);
    process.kill(heddle.pid, 'SIGTERM');
    assert.equal(await ask(socket, 'still there'), 'echo still there');
    await once(socket, 'close');
    assert.deepEqual(await heddle.exited, { code: 1, signal: null }, heddle.stderr);
    assert.match(heddle.stderr, /GET \/ws/);
  });
});
