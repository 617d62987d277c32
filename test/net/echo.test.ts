import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { serve } from '../../src/index.ts';

const SIZE = 3_000_000;

/** Sends a request that waits for its 100, as curl does with large bodies, and returns all that comes back. */
async function postWaiting(url: string, body: Buffer): Promise<string> {
  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1').setEncoding('latin1');
  socket.write(
    `POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`,
  );
  let answer = '';
  let isSent = false;
  socket.on('data', (text: string) => {
    answer += text;
    if (isSent || !answer.startsWith('HTTP/1.1 100')) return;
    isSent = true;
    socket.write(body);
  });
  await once(socket, 'end');
  socket.destroy();
  return answer;
}

test("RFC9110§10.1.1: an answer that streams the request's own body gets its 100 first and all of the body", async () => {
  await using server = await serve({
    port: 0,
    idleGraceMs: 0,
    fetch: (request) => new Response(request.body),
  });
  const answer = await postWaiting(server.url, Buffer.alloc(SIZE, 'x'));
  assert.match(answer, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  assert.equal(answer.split('x').length - 1, SIZE);
});

test('a streamed answer that leaves a long body unread is whole, and its connection ends', async () => {
  const parts = ['one', 'two'];
  await using server = await serve({
    port: 0,
    idleGraceMs: 0,
    fetch: () => new Response(ReadableStream.from(parts.map((part) => Buffer.from(part)))),
  });
  const response = await fetch(server.url, { method: 'POST', body: Buffer.alloc(SIZE) });
  assert.equal(await response.text(), 'onetwo');
  assert.equal(await (await fetch(server.url)).text(), 'onetwo');
});
