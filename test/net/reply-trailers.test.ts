import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Handler } from '#exchange/handler.ts';
import { requestText, TestListener } from '../support/test-listener.ts';

const TE = ['TE: trailers', 'Connection: TE'];

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

suite('the trailers of an answer', () => {
  test('are made at the end of its content and sent behind it (RFC9112§7.1.2)', async () => {
    const log: string[] = [];
    async function* content(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('abc');
      log.push('content');
    }
    await using server = await TestListener.open(() => ({
      status: 200,
      fields: ['trailer', 'x-sum'],
      body: content(),
      trailers: () => {
        log.push('trailers');
        return ['x-sum', 'abc'];
      },
    }));
    const text = await server.exchange(requestText('GET /', ...TE));
    assert.match(text, /\r\ntrailer: x-sum\r\n[\s\S]*\r\n\r\n3\r\nabc\r\n0\r\nx-sum: abc\r\n\r\n$/);
    assert.deepEqual(log, ['content', 'trailers']);
  });

  test('make content in memory chunked, and leave the connection open', async () => {
    const body: Handler = (request) => ({
      status: 200,
      fields: [],
      body: request.path === '/text' ? 'text' : Buffer.from('bytes'),
      trailers: () => ['x', 'y'],
    });
    await using server = await TestListener.open(body);
    using client = await server.connect();
    for (const [path, chunk] of [
      ['/text', '4\r\ntext'],
      ['/bytes', '5\r\nbytes'],
    ] as const) {
      client.send(requestText(`GET ${path}`, ...TE));
      const text = await client.until('x: y\r\n\r\n');
      assert.ok(text.endsWith(`${chunk}\r\n0\r\nx: y\r\n\r\n`), text);
      assert.doesNotMatch(text, /content-length/);
    }
  });

  test('have no place where the content has a length, which is then as ever', async () => {
    await using server = await TestListener.open((request) => ({
      status: 200,
      fields: ['content-length', '3'],
      body: request.path === '/text' ? 'hello' : pieces('abc'),
      trailers: () => ['x', 'y'],
    }));
    assert.match(
      await server.exchange(requestText('GET /text', ...TE)),
      /\r\ncontent-length: 5\r\n[\s\S]*\r\n\r\nhello$/,
    );
    assert.match(await server.exchange(requestText('GET /stream', ...TE)), /\r\n\r\nabc$/);
  });

  test('are neither made nor sent for a client that takes none (RFC9110§6.5.1)', async () => {
    let made = 0;
    await using server = await TestListener.open(() => ({
      status: 200,
      fields: [],
      body: pieces('a'),
      trailers: () => {
        made += 1;
        return ['x', 'y'];
      },
    }));
    assert.match(await server.exchange(requestText('GET /')), /\r\n\r\n1\r\na\r\n0\r\n\r\n$/);
    assert.match(await server.exchange('GET / HTTP/1.0\r\nTE: trailers\r\n\r\n'), /\r\n\r\na$/);
    assert.equal(made, 0);
  });

  test('that cannot be sent or made end the connection without the last chunk, and the event has the error', async () => {
    const faults: (() => readonly string[])[] = [
      () => ['x', 'a\r\nevil: 1'],
      () => {
        throw new Error('no sum');
      },
    ];
    await using server = await TestListener.open((request) => ({
      status: 200,
      fields: [],
      body: pieces('a'),
      trailers: faults[Number(request.path.slice(1))] as () => readonly string[],
    }));
    for (const path of ['/0', '/1']) {
      using client = await server.connect();
      client.send(requestText(`GET ${path}`, ...TE));
      const { text, end } = await client.rest();
      assert.ok(text.endsWith('1\r\na\r\n'), text);
      assert.equal(end, 'fin');
    }
    assert.deepEqual(
      server.failures.map(({ outcome }) => outcome),
      ['the connection was cut', 'the connection was cut'],
    );
  });
});
