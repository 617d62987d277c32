import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { canDuplicateConnections } from '#native/socket-descriptor.ts';
import { spawnHeddle } from '../support/spawn-heddle.ts';

/** What a client of one protocol version gets of an answer that hangs in its middle. */
async function halfAnswer(url: string, version: string): Promise<{ text: string; end: string }> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.setEncoding('latin1');
  let text = '';
  socket.on('data', (chunk: string) => (text += chunk));
  socket.write(`GET / HTTP/${version}\r\nHost: a\r\n\r\n`);
  return new Promise((resolve) => {
    socket.on('end', () => resolve({ text, end: 'FIN' }));
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve({ text, end: code ?? 'error' }));
  });
}

test('an answer that hangs in its middle ends so that its client sees it (RFC9112§8)', {
  skip: canDuplicateConnections() ? false : 'this Node cannot move connections between threads',
}, async () => {
  await using heddle = await spawnHeddle([
    ...['test/faults/fixtures/half-answer.ts', '--threads', '2'],
    ...['--stall-timeout', '100ms', '--hang-timeout', '400ms'],
  ]);
  const chunked = await halfAnswer(heddle.url, '1.1');
  assert.match(chunked.text, /\r\n\r\n4\r\nhalf\r\n$/);
  assert.equal(chunked.end, 'FIN', 'the last chunk is missing, which tells enough');
  const toTheEnd = await halfAnswer(heddle.url, '1.0');
  assert.match(toTheEnd.text, /\r\n\r\nhalf$/);
  assert.equal(toTheEnd.end, 'ECONNRESET');
  await heddle.waitForOutput(/(?:0 moved to other threads, 0 answered with 503, 1 closed\n[\s\S]*){2}/);
});
