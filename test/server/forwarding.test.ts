import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { WebRequest } from '#fetch/web-request.ts';
import type { JobRunner } from '#pool/job-runner.ts';
import type { Context } from '#server/context.ts';
import { Forwarding } from '#server/forwarding.ts';
import { RequestContext } from '#server/request-context.ts';
import { RequestIds } from '#server/request-ids.ts';
import { serve } from '#server/serve.ts';
import type { ServeOptions } from '#server/serve-targets.ts';
import { fakeRequest } from '../support/fake-request.ts';
import { RawClient } from '../support/raw-client.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((one) => one?.address === '::1');

/** Answers with the client's address and the request's URL, which it does not read where `X-Plain` is sent. */
const app = (request: Request, { ip }: Context): Response =>
  new Response(`<${ip} ${request.headers.has('x-plain') ? '' : request.url}>`);

async function ask(trustProxy: unknown, lines: readonly string[], hostname = '127.0.0.1'): Promise<string> {
  const options = { port: 0, hostname, idleGraceMs: 0, fetch: app, trustProxy } as ServeOptions;
  await using server = await serve(options);
  using client = await RawClient.open(server.address.port);
  client.send(`GET /x HTTP/1.1\r\nHost: own\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`);
  client.halfClose();
  const { text } = await client.rest();
  return /<.*>/.exec(text)?.[0] ?? text.split('\r\n')[0] ?? '';
}

suite('behind a proxy', () => {
  const ALL = ['X-Forwarded-For: 192.0.2.1', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: a.example'];
  const cases: readonly (readonly [string, unknown, readonly string[], string])[] = [
    ['that nobody trusts nothing is taken from its fields', undefined, ALL, '127.0.0.1 http://own/x'],
    ['that is trusted address and URL are what it says', 1, ALL, '192.0.2.1 https://a.example/x'],
    ['that is trusted by its address too', ['loopback'], ALL, '192.0.2.1 https://a.example/x'],
    ['that is not on the list nothing is', 'private, ::2', ALL, '127.0.0.1 http://own/x'],
    [
      'several lines of one field are one list',
      1,
      ['X-Forwarded-For: 203.0.113.9', 'x-forwarded-for: 192.0.2.1'],
      '192.0.2.1 http://own/x',
    ],
    [
      'the last of several schemes and hosts counts, which the client cannot have written',
      1,
      [
        'X-Forwarded-Proto: https, http',
        'X-Forwarded-Host: evil.example',
        'X-Forwarded-Host: b.example:8443',
      ],
      '127.0.0.1 http://b.example:8443/x',
    ],
    ['a scheme that HTTP has not is none', 1, ['X-Forwarded-Proto: javascript'], '127.0.0.1 http://own/x'],
    ['a scheme may have capitals', 1, ['X-Forwarded-Proto: HTTPS'], '127.0.0.1 https://own/x'],
    ['empty fields say nothing', 1, ['X-Forwarded-Host:', 'X-Forwarded-Proto: '], '127.0.0.1 http://own/x'],
    ['a host may be of IPv6', 1, ['X-Forwarded-Host: [2001:db8::1]:8'], '127.0.0.1 http://[2001:db8::1]:8/x'],
    [
      'Forwarded tells all of it (RFC7239§5)',
      1,
      ['Forwarded: for="[2001:db8::1]:4711";proto=https;host="a.example"'],
      '2001:db8::1 https://a.example/x',
    ],
    [
      'X-Forwarded-For goes before Forwarded, all of it',
      1,
      ['X-Forwarded-For: 192.0.2.1', 'Forwarded: for=203.0.113.9;proto=https;host=evil.example'],
      '192.0.2.1 http://own/x',
    ],
  ];
  for (const [title, trust, lines, expected] of cases) {
    test(title, async () => assert.equal(await ask(trust, lines), `<${expected}>`));
  }

  const hosts = ['a/b', 'user@a', 'a b', 'a:99999', 'a?b', '1.2.3.4.5', 'a%00b', '[::1', 'é', 'a\\b', ':80'];
  for (const host of hosts) {
    test(`the host ${host} is refused as Host is (RFC9110§7.2), where the app reads the URL`, async () => {
      const line = `X-Forwarded-Host: ${host}`;
      assert.equal(await ask(1, [line]), 'HTTP/1.1 400 Bad Request');
      assert.equal(await ask(1, [line, 'X-Plain: 1']), '<127.0.0.1 >');
      assert.equal(await ask(0, [line]), '<127.0.0.1 http://own/x>');
    });
  }

  test('a host in Forwarded is held to the same', async () => {
    assert.equal(await ask(1, ['Forwarded: host="a/b"']), 'HTTP/1.1 400 Bad Request');
  });

  test('a field as long as a head can be is read', async () => {
    const hops = Array.from({ length: 1500 }, () => '127.0.0.1').join(',');
    assert.equal(await ask('loopback', [`X-Forwarded-For: 192.0.2.1,${hops}`]), '<192.0.2.1 http://own/x>');
  });

  test('an IPv4 peer of a socket for both families is on the list by its plain address', {
    skip: hasIpv6 ? false : 'no IPv6 here',
  }, async () => {
    assert.equal(await ask('127.0.0.1', ALL, '::'), '<192.0.2.1 https://a.example/x>');
  });

  test('a peer on a Unix domain socket is a hop, and one of loopback', async () => {
    const path = join(tmpdir(), `heddle-forwarding-${process.pid}.sock`);
    const told: string[] = [];
    for (const trustProxy of [0, 1, 'loopback', 'private'] as const) {
      await using _server = await serve({ socket: path, idleGraceMs: 0, fetch: app, trustProxy });
      const socket = connect(path);
      socket.end('GET / HTTP/1.1\r\nHost: own\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n');
      const chunks = await socket.toArray();
      told.push(/<(.*) /.exec(Buffer.concat(chunks).toString())?.[1] ?? 'nothing');
      if (!socket.closed) await once(socket, 'close');
    }
    assert.deepEqual(told, ['', '192.0.2.1', '192.0.2.1', '']);
  });
});

suite('what proxies say', () => {
  const unread = { ...fakeRequest(), field: () => assert.fail('a field was read') };

  test('is not read before the app asks for address or URL', () => {
    const forwarding = new Forwarding(1);
    const source = { thread: 0, pool: {} as JobRunner, forwarding, ids: new RequestIds(forwarding) };
    const context = new RequestContext(unread, source, new Set());
    const request = new WebRequest(unread, {
      maxBodyBytes: 1,
      fallbackAuthority: '',
      sourceOf: (incoming) => source.forwarding.sourceOf(incoming),
    });
    assert.deepEqual([context.thread, request.method, request.body], [0, 'GET', null]);
    assert.throws(() => context.ip, /a field was read/);
    assert.throws(() => request.url, /a field was read/);
  });

  test('is never read where the peer is not trusted', () => {
    for (const trust of [0, 'loopback']) {
      const forwarding = new Forwarding(trust);
      assert.equal(forwarding.addressOf(unread), '192.0.2.1');
      assert.equal(forwarding.sourceOf(unread).authority, 'heddle.test');
    }
  });

  test('counts on the threads of an app module that says so', async () => {
    const app = `export default {
      trustProxy: ['loopback', '10.0.0.0/8'],
      fetch: ({ url }, { ip }) => new Response(\`\${ip} \${url}\`),
    };`;
    const folder = temporaryFolder({ 'app.mjs': app });
    await using server = await serve({ app: `${folder}/app.mjs`, port: 0, threads: 2, idleGraceMs: 0 });
    const headers = { 'x-forwarded-for': '192.0.2.1, 10.0.0.2', 'x-forwarded-host': 'a.example' };
    const reply = await fetch(`${server.url}x`, { headers });
    assert.equal(await reply.text(), '192.0.2.1 http://a.example/x');
    assert.equal(server.settings.trustProxy, 'loopback, 10.0.0.0/8');
  });
});

suite('the option trustProxy', () => {
  for (const value of [true, -1, 1.5, 'true', 'localhost', '10.0.0.0/33', [], ['loopback', 1], {}, null]) {
    test(`cannot be ${JSON.stringify(value)}`, async () => {
      await assert.rejects(ask(value, []), {
        name: 'HeddleError',
        code: 'ERR_HEDDLE_OPTION',
        message: /trustProxy in .* is not a count of proxies, or a list of addresses, ranges/,
      });
    });
  }
});
