import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Handler } from '#exchange/handler.ts';
import type { IncomingRequest } from '#exchange/incoming-request.ts';
import { gate, requestText, TestListener } from '../support/test-listener.ts';

/** What anybody may ask a request for. */
function described(request: IncomingRequest): string {
  return `${request.method} ${request.target} ${request.field('x-who')} ${request.field('host')}`;
}

/** Resolves when the server has read all that was sent to it: it answers what was sent behind that. */
async function allRead(server: TestListener): Promise<void> {
  await server.exchange(requestText('GET /barrier', `X-Who: nobody, ${'b'.repeat(2000)}`));
}

/** All connections of a listener read into one array. */
suite('bytes of one client never become those of another', () => {
  test('in a request that an app keeps behind its answer', async () => {
    const kept: IncomingRequest[] = [];
    const keep: Handler = (request) => {
      kept.push(request);
      return { status: 204, fields: [], body: undefined };
    };
    await using server = await TestListener.open(keep);
    const clients = await Promise.all(Array.from({ length: 5 }, () => server.connect()));
    const wanted: string[] = [];
    for (let round = 0; round < 30; round += 1) {
      for (const [who, client] of clients.entries()) {
        const long = 'z'.repeat((round % 3) * 900);
        client.send(requestText(`GET /${who}/${round}`, `X-Who: ${who}`, `X-Long: ${long}`));
        await client.reply();
        wanted.push(`GET /${who}/${round} ${who} a`);
      }
    }
    assert.deepEqual(kept.map(described), wanted);
  });

  test('in the half of a head that waits for the other', async () => {
    await using server = await TestListener.open((request) => ({
      status: 200,
      fields: [],
      body: described(request),
    }));
    const clients = await Promise.all(Array.from({ length: 5 }, () => server.connect()));
    const texts = clients.map((_, who) => requestText(`GET /${who}`, `X-Who: ${who}${who}${who}`));
    const length = texts[0]?.length ?? 0;
    for (let at = 0; at < length; at += 3) {
      for (const [who, client] of clients.entries()) client.send(texts[who]?.slice(at, at + 3) ?? '');
      // Each piece is read by itself.
      await allRead(server);
    }
    for (const [who, client] of clients.entries()) {
      assert.match(await client.reply(), new RegExp(`\r\n\r\nGET /${who} ${who}${who}${who} a$`));
    }
  });

  test('in content that is read late, in parts, or whole', async () => {
    const go = gate();
    const echo: Handler = async (request) => {
      const { body } = request;
      if (body === undefined) return { status: 204, fields: [], body: undefined };
      body.claim();
      if (request.target === '/whole') {
        return { status: 200, fields: [], body: await body.collect(100_000) };
      }
      if (request.target === '/late') await go.promise;
      const parts: Uint8Array[] = [];
      for await (const part of body) parts.push(part);
      if (request.target === '/parts') await go.promise;
      return { status: 200, fields: [], body: Buffer.concat(parts) };
    };
    await using server = await TestListener.open(echo);
    const ways = ['/late', '/parts', '/whole'];
    const clients = await Promise.all(ways.map(() => server.connect()));
    for (const [at, client] of clients.entries()) {
      client.send(requestText(`POST ${ways[at]}`, 'Content-Length: 30000'));
    }
    for (let part = 0; part < 3; part += 1) {
      for (const [at, client] of clients.entries()) client.send(`${at}`.repeat(10_000));
      await allRead(server);
    }
    const whole = await clients[2]?.reply();
    go.resolve();
    const answers = [await clients[0]?.reply(), await clients[1]?.reply(), whole];
    for (const [at, answer] of answers.entries()) {
      const content = answer?.slice(answer.indexOf('\r\n\r\n') + 4);
      assert.equal(content, `${at}`.repeat(30_000));
    }
  });

  test('in requests that wait behind one that is answered later', async () => {
    const go = gate();
    await using server = await TestListener.open(async (request) => {
      if (request.target === '/0') await go.promise;
      return { status: 200, fields: [], body: described(request) };
    });
    const first = await server.connect();
    const second = await server.connect();
    const three = (who: string) => [0, 1, 2].map((n) => requestText(`GET /${n}`, `X-Who: ${who}`)).join('');
    first.send(three('first'));
    await allRead(server);
    second.send(three('other'));
    await allRead(server);
    go.resolve();
    for (const [client, who] of [
      [first, 'first'],
      [second, 'other'],
    ] as const) {
      for (let n = 0; n < 3; n += 1) {
        assert.match(await client.reply(), new RegExp(`\r\n\r\nGET /${n} ${who} a$`));
      }
    }
  });
});
