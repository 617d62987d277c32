import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { RawClient } from '../support/raw-client.ts';
import { spawnHeddle } from '../support/spawn-heddle.ts';

const APP = fileURLToPath(new URL('./fixtures/silent-app.ts', import.meta.url));
const EACH = 20;
/** The kernel keeps what is left of such a client for a minute, and is asked again within half of one. */
const PATIENCE_MS = 120_000;

const REQUESTS = [
  'GET /silent HTTP/1.0\r\n\r\n',
  'GET /silent HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /silent HTTP/1.1\r\nHost: a\r\nWant-Length: 5\r\n\r\n',
];

suite('clients that leave a silent answer, by FIN and after they were probed', () => {
  test('are noticed though nothing can be sent to them, and leave nothing behind', async (context) => {
    await using server = await spawnHeddle([APP, '--threads', '1', '--peer-probe', '100ms']);
    const descriptors = () => readdirSync(`/proc/${server.pid}/fd`).length;
    const port = Number(new URL(server.url).port);
    const idle = descriptors();
    for (const request of REQUESTS) {
      for (let count = 0; count < EACH; count += 1) {
        const client = await RawClient.open(port);
        client.send(request);
        await client.until('\r\n\r\n');
        client.halfClose();
        setTimeout(() => client.socket.destroy(), 500);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.ok(descriptors() >= idle + REQUESTS.length * EACH, 'nobody could have noticed so far');
    const start = performance.now();
    while (descriptors() > idle && performance.now() - start < PATIENCE_MS) {
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    context.diagnostic(
      `${REQUESTS.length * EACH} clients, all noticed after ${Math.round((performance.now() - start) / 1000)} s`,
    );
    assert.equal(descriptors(), idle);
  });
});
