import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { suite, test } from 'node:test';
import type { Context } from '#server/context.ts';
import { serve } from '#server/serve.ts';
import type { ServeOptions } from '#server/serve-targets.ts';
import { RawClient } from '../support/raw-client.ts';

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((one) => one?.address === '::1');
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

/** All that comes back for some bytes, from a server of its own. */
async function exchange(fetch: unknown, bytes: string, hostname = '127.0.0.1'): Promise<string> {
  const options = { port: 0, hostname, idleGraceMs: 0, fetch } as ServeOptions;
  await using server = await serve(options);
  using client = await RawClient.open(server.address.port, { host: hostname });
  client.send(bytes);
  client.halfClose();
  return (await client.rest()).text.replaceAll(`:${server.address.port}`, ':PORT');
}

type App = (request: Request, context: Context) => Promise<Response> | Response;

suite('the context of an app', () => {
  test('has the trailers of the request once its content was read (RFC9110§6.5)', async () => {
    const app: App = async (request, context) => {
      const before = [...context.trailers];
      await request.text();
      return Response.json([before, [...context.trailers], request.headers.get('x-sum')]);
    };
    const bytes = `POST / HTTP/1.1\r\nHost: a\r\n${CHUNKED}\r\n1\r\na\r\n0\r\nX-Sum: \xe9\r\nx-sum: 2\r\nHost: b\r\n\r\n`;
    const reply = await exchange(app, bytes);
    assert.ok(reply.includes(Buffer.from('[[],[["x-sum","é, 2"]],null]').toString('latin1')), reply);
  });

  test('has no trailers where there is no content', async () => {
    const app: App = (_, context) => Response.json([...context.trailers]);
    assert.match(await exchange(app, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'), /\r\n\r\n\[\]$/);
  });

  test('sends trailers behind the content to a client that takes them (RFC9110§6.5.1)', async () => {
    const apps: App[] = [
      (_, context) => {
        context.sendTrailers({ 'X-Sum': '1', 'Set-Cookie': 'never' });
        return new Response('x');
      },
      (_, context) => {
        let sum = 0;
        context.sendTrailers(() => [['x-sum', `${sum}`]]);
        return new Response(
          new ReadableStream({
            pull(controller) {
              sum += 1;
              controller.enqueue(Buffer.from('x'));
              controller.close();
            },
          }),
        );
      },
    ];
    for (const app of apps) {
      const text = await exchange(app, 'GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n');
      assert.match(text, /\r\n\r\n1\r\nx\r\n0\r\nx-sum: 1\r\n\r\n$/);
      assert.match(
        await exchange(app, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
        /\r\n\r\n(1\r\nx\r\n0\r\n\r\n|x)$/,
      );
    }
  });
});

suite('the functions of a context', () => {
  test('work when they are taken out of it', async () => {
    const worked = Promise.withResolvers<string>();
    const app: App = (_, { waitUntil, sendTrailers }) => {
      waitUntil(Promise.reject(new Error('logged, not fatal')));
      waitUntil(Promise.resolve('done').then(worked.resolve));
      sendTrailers({ x: 'y' });
      return new Response('x');
    };
    const text = await exchange(app, 'GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n');
    assert.match(text, /\r\nx: y\r\n\r\n$/);
    assert.equal(await worked.promise, 'done');
  });

  test('refuse trailers that cannot be when they are given', async () => {
    const app: App = (_, context) => {
      context.sendTrailers({ 'bad name': 'x' });
      return new Response('x');
    };
    assert.match(await exchange(app, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'), /^HTTP\/1\.1 500 /);
  });
});

suite('the signals of a context', () => {
  test('at a shutdown draining aborts, in later requests from the start, and signal does not', async () => {
    const waiting = Promise.withResolvers<Context>();
    const app: App = (request, context) => {
      if (request.headers.has('x-now')) return new Response(`draining: ${context.draining.aborted}.`);
      waiting.resolve(context);
      return new Promise((resolve) => {
        context.draining.addEventListener('abort', () => resolve(new Response('before the end')));
      });
    };
    await using server = await serve({ port: 0, hostname: '127.0.0.1', idleGraceMs: 60_000, fetch: app });
    using idle = await RawClient.open(server.address.port);
    idle.send('GET / HTTP/1.1\r\nHost: a\r\nX-Now: 1\r\n\r\n');
    await idle.until('draining: false.');
    using client = await RawClient.open(server.address.port);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const context = await waiting.promise;
    const { draining, signal } = context;
    assert.deepEqual([draining.aborted, signal.aborted], [false, false]);
    const closed = server.close();
    await client.until('before the end');
    client.halfClose();
    assert.deepEqual([draining.aborted, signal.aborted], [true, false]);
    assert.equal(draining.reason.name, 'AbortError');
    assert.ok(context.draining === draining && context.signal === signal);
    idle.send('GET / HTTP/1.1\r\nHost: a\r\nX-Now: 1\r\n\r\n');
    await idle.until('draining: true.');
    idle.halfClose();
    assert.deepEqual((await closed).cut, []);
  });
});

suite('the URL of a request that names no host', () => {
  const url = (request: Request) => new Response(`<${new URL(request.url).href}>`);

  test('has the address and port that the server listens on (RFC9112§3.3)', async () => {
    assert.match(await exchange(url, 'GET /x HTTP/1.0\r\n\r\n'), /<http:\/\/127\.0\.0\.1:PORT\/x>/);
    assert.match(await exchange(url, 'GET /x HTTP/1.1\r\nHost:\r\n\r\n'), /<http:\/\/127\.0\.0\.1:PORT\/x>/);
  });

  test('parses on an IPv6 address too (RFC3986§3.2.2)', {
    skip: hasIpv6 ? false : 'no IPv6 here',
  }, async () => {
    assert.match(await exchange(url, 'GET /x HTTP/1.0\r\n\r\n', '::1'), /<http:\/\/\[::1\]:PORT\/x>/);
  });
});
