import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, suite, test } from 'node:test';
import { createFetchHandler } from '#fetch/fetch-handler.ts';
import { installWebGlobals } from '#fetch/web-globals.ts';
import { failedReply } from '#net/failure-events.ts';
import { gate, requestText, TestListener } from '../support/test-listener.ts';
import { contentOf, Upstream } from '../support/upstream.ts';

type Fetch = (request: Request) => Response | Promise<Response>;

let uninstall: () => void;
before(() => {
  uninstall = installWebGlobals();
});
after(() => uninstall());

/** A server on a real socket whose app is the function; its failures are noted as a server thread's are. */
function proxy(fetch: Fetch): Promise<TestListener> {
  return TestListener.open(
    createFetchHandler(
      { fetch },
      {
        context: () => undefined,
        onError: () => undefined,
        failureReply: (error, request) => failedReply(request, error),
      },
    ),
  );
}

/** The ways in which apps pass a request on. */
function waysTo(upstream: Upstream): Record<string, Fetch> {
  const target = (request: Request) => upstream.url + new URL(request.url).pathname;
  const initOf = ({ method, headers, body }: Request): RequestInit => ({
    method,
    headers,
    body,
    duplex: 'half',
  });
  return {
    'the request as init of a Request': (request) => fetch(new Request(target(request), request)),
    'the request as init of fetch': (request) => fetch(target(request), request as RequestInit),
    'a Request of the request': (request) => fetch(new Request(target(request), new Request(request))),
    'members of the request': (request) => fetch(target(request), initOf(request)),
    'headers as a record': (request) =>
      fetch(target(request), { ...initOf(request), headers: Object.fromEntries(request.headers) }),
    'a clone': (request) => fetch(new Request(target(request), request.clone())),
  };
}

suite('an app that passes requests on', () => {
  test('sends content on that came in chunks, and what the client told its own connection stays here', async () => {
    await using upstream = await Upstream.open(async (request, response) => {
      response.end(`${request.method} ${await contentOf(request)}`);
    });
    for (const [name, way] of Object.entries(waysTo(upstream))) {
      await using server = await proxy(way);
      for (const [fields, content, answer] of [
        [['Transfer-Encoding: chunked'], '3\r\nabc\r\n0\r\n\r\n', 'POST abc'],
        [['Expect: 100-continue', 'Content-Length: 3'], 'abc', 'POST abc'],
        [['Upgrade: h2c', 'HTTP2-Settings: x', 'Content-Length: 0'], '', 'POST '],
        [['Keep-Alive: timeout=5', 'Proxy-Connection: keep-alive', 'Content-Length: 3'], 'abc', 'POST abc'],
        [['TE: trailers', 'Connection: TE, close', 'Content-Length: 3'], 'abc', 'POST abc'],
      ] as const) {
        const text = await server.exchange(requestText('POST /a', ...fields, 'X-A: 1') + content);
        assert.match(
          text,
          /^(?:HTTP\/1\.1 100 Continue\r\n\r\n)?HTTP\/1\.1 200 OK\r\n/,
          `${name}: ${fields}`,
        );
        assert.equal(text.slice(text.lastIndexOf('\r\n') + 2), answer, name);
        const { headers } = upstream.requests.at(-1) as { headers: Record<string, string> };
        assert.equal(headers['x-a'], '1', name);
        for (const field of ['expect', 'upgrade', 'keep-alive', 'proxy-connection', 'te', 'http2-settings'])
          assert.equal(headers[field], undefined, `${name}: ${field}`);
      }
      assert.deepEqual(server.failures, []);
    }
  });

  test('fetch(request) goes where the request was for, without what its connection was told', async () => {
    await using upstream = await Upstream.open(async (request, response) => {
      response.end(`${request.headers.expect} ${await contentOf(request)}`);
    });
    await using server = await proxy((request) => fetch(request));
    using client = await server.connect();
    const { host } = new URL(upstream.url);
    client.send(`POST /a HTTP/1.1\r\nHost: ${host}\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc`);
    assert.match(await client.until('undefined abc'), /200 OK/);
  });

  test('content of its own goes with its own length, not with that of the content it replaces', async () => {
    await using upstream = await Upstream.open(async (request, response) => {
      response.end(`${request.headers['content-length']} ${await contentOf(request)}`);
    });
    const { url: target } = upstream;
    const unread: boolean[] = [];
    const ways: Fetch[] = [
      (request) => fetch(new Request(new Request(target, request), { body: 'other' })),
      async (request) => {
        const changed = new Request(request, { body: 'other' });
        unread.push(request.bodyUsed);
        return fetch(changed);
      },
      async (request) => {
        await request.text();
        return fetch(new Request(request, { body: 'other' }));
      },
      ({ headers }) => fetch(target, { method: 'POST', headers, body: 'other' }),
    ];
    for (const way of ways) {
      await using server = await proxy(way);
      const head = `POST / HTTP/1.1\r\nHost: ${new URL(target).host}\r\nContent-Length: 3`;
      assert.match(await server.exchange(`${head}\r\n\r\nabc`), /\r\n\r\n5 other$/);
    }
    assert.deepEqual(unread, [false]);
  });

  test('passes an upload on while it comes', async () => {
    const seen = gate<string>();
    await using upstream = await Upstream.open(async (request, response) => {
      let text = '';
      for await (const chunk of request.setEncoding('latin1')) {
        text += chunk;
        seen.resolve(text);
      }
      response.end(text);
    });
    await using server = await proxy((request) => fetch(new Request(upstream.url, request)));
    using client = await server.connect();
    client.send(`${requestText('POST /', 'Transfer-Encoding: chunked')}3\r\nabc\r\n`);
    assert.equal(await seen.promise, 'abc');
    client.send('3\r\ndef\r\n0\r\n\r\n');
    assert.match(await client.until('abcdef'), /200 OK/);
  });

  test('lets the upstream go when the client leaves, before the answer and amid it', async () => {
    for (const isAmid of [false, true]) {
      const arrived = gate();
      const left = gate();
      await using upstream = await Upstream.open((_, response) => {
        response.on('close', () => left.resolve());
        if (isAmid) response.write('begin');
        arrived.resolve();
      });
      await using server = await proxy((request) => fetch(new Request(upstream.url, request)));
      using client = await server.connect();
      client.send(requestText('GET /'));
      await arrived.promise;
      if (isAmid) await client.until('begin');
      client.reset();
      await left.promise;
    }
  });

  test('lets the upstream know of an upload that breaks off', async () => {
    const ended = gate<string>();
    const arrived = gate();
    await using upstream = await Upstream.open((request) => {
      request.on('data', () => arrived.resolve());
      request.on('end', () => ended.resolve('whole'));
      request.on('error', () => ended.resolve('broken off'));
    });
    await using server = await proxy((request) => fetch(new Request(upstream.url, request)));
    using client = await server.connect();
    client.send(`${requestText('POST /', 'Content-Length: 9')}abc`);
    await arrived.promise;
    client.reset();
    assert.equal(await ended.promise, 'broken off');
  });

  test('an upstream that fails midway ends the connection before the end of the answer', async () => {
    const passings: ((upstream: Response) => Response)[] = [
      (response) => response,
      (response) => new Response(response.body, response),
    ];
    for (const passing of passings) {
      for (const length of [{}, { 'content-length': '9' }]) {
        const begun = gate();
        await using upstream = await Upstream.open(async (_, response) => {
          response.writeHead(200, length).write('begin');
          await begun.promise;
          response.destroy();
        });
        await using server = await proxy(async (request) =>
          passing(await fetch(new Request(upstream.url, request))),
        );
        using client = await server.connect();
        client.send(requestText('GET /'));
        await client.until('begin');
        begun.resolve();
        const { text } = await client.rest();
        assert.doesNotMatch(text, /0\r\n\r\n$/);
        assert.equal(server.failures.length, 1);
      }
    }
  });

  test('an upstream that is not there is the app’s to answer for, or a 500', async () => {
    const gone = await Upstream.open(() => undefined);
    await gone[Symbol.asyncDispose]();
    await using server = await proxy((request) => fetch(new Request(gone.url, request)));
    assert.match(await server.exchange(requestText('GET /')), /^HTTP\/1\.1 500 /);
    await using careful = await proxy((request) =>
      fetch(new Request(gone.url, request)).catch(() => new Response('gone', { status: 502 })),
    );
    assert.match(await careful.exchange(requestText('GET /')), /^HTTP\/1\.1 502 /);
  });

  test('a redirect that is not to be followed goes through, and each cookie as a line of its own', async () => {
    await using upstream = await Upstream.open((_, response) => {
      response.writeHead(302, { location: '/b', 'set-cookie': ['a=1; Path=/', 'b=2'] }).end('moved');
    });
    const passings: ((upstream: Response) => Response)[] = [
      (response) => response,
      (response) => new Response(response.body, response),
      ({ status, headers, body }) => new Response(body, { status, headers: new Headers(headers) }),
    ];
    for (const passing of passings) {
      await using server = await proxy(async (request) =>
        passing(await fetch(new Request(upstream.url, request), { redirect: 'manual' })),
      );
      const text = await server.exchange(requestText('GET /'));
      assert.match(text, /^HTTP\/1\.1 302 Found\r\n/);
      assert.match(text, /\r\nlocation: \/b\r\n/);
      assert.equal(text.match(/\r\nset-cookie: (?:a=1; Path=\/|b=2)(?=\r\n)/g)?.length, 2);
      assert.match(text, /moved/);
    }
  });

  test('an answer passed on leaves its connection to the next request', async () => {
    await using upstream = await Upstream.open((request, response) =>
      response.writeHead(200, { 'content-length': 2 }).end(request.url),
    );
    await using server = await proxy((request) =>
      fetch(new Request(upstream.url + new URL(request.url).pathname, request)),
    );
    using client = await server.connect();
    client.send(requestText('GET /a') + requestText('HEAD /b') + requestText('GET /c'));
    assert.match(await client.until('/a'), /content-length: 2\r\n/);
    assert.match(await client.until('\r\n\r\n'), /content-length: 2\r\n/);
    assert.match(await client.until('/c'), /content-length: 2\r\n/);
    client.halfClose();
    await once(client.socket, 'close');
  });
});
