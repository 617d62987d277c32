import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { NodeExchange } from '#fetch/node-exchange.ts';

const FOLLOWER = {
  ...{ begin: () => true, answer() {}, end() {}, upgrade: () => true },
  ...{ keepsAccount: false, refuse: () => undefined, remoteAddress: '' },
};

test('a failure at an answer whose writeHead() throws too has the connection cut, and throws nothing', async () => {
  const thrown: unknown[] = [];
  const server = createServer((request, response) => {
    const exchange = new NodeExchange(request, response, FOLLOWER);
    exchange.follow();
    // As middleware replaces it to be told of the head.
    response.writeHead = () => {
      throw new Error('out of order');
    };
    try {
      exchange.answerFailure(() => ({ status: 500, fields: [], body: 'failed' }));
    } catch (error) {
      thrown.push(error);
      request.socket.destroy();
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    const client = get({ port: (server.address() as AddressInfo).port, agent: false });
    await assert.rejects(once(client, 'response'), { code: 'ECONNRESET' });
    assert.deepEqual(thrown, []);
  } finally {
    server.close();
  }
});
