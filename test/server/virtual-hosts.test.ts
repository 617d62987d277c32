import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { suite, test } from 'node:test';
import type { Reply } from '#exchange/reply.ts';
import { behindPassword, hostHandler } from '#server/host-handler.ts';
import { serve } from '#server/serve.ts';
import { settleConfig } from '#server/server-config.ts';
import { planHosts, type VirtualHost } from '#server/virtual-hosts.ts';
import { fakeRequest } from '../support/fake-request.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const one = temporaryFolder({ 'index.html': 'one', 'a.txt': 'a' });
const two = temporaryFolder({ 'index.html': 'two' });
const { settings } = settleConfig([]);
const REST: Reply = { status: 200, fields: [], body: 'rest' };

function handlerOf(hosts: readonly VirtualHost[], hasRest = true) {
  const handler = hostHandler(planHosts(hosts, [], []), hasRest ? () => REST : undefined, {
    settings,
    compressed: undefined,
  });
  return (authority: string, path = '/') => {
    const reply = handler(fakeRequest({ authority, path }));
    assert.ok(reply !== undefined && 'status' in reply);
    const { status, body } = reply;
    return `${status} ${body instanceof Uint8Array ? Buffer.from(body).toString() : String(body).trim()}`;
  };
}

suite('virtual hosts', () => {
  test('are told apart by name, in any case, with any port, with a dot at the end (RFC9110§4.2.3)', () => {
    const ask = handlerOf([
      { host: 'one.example', static: one },
      { host: ['two.example', '[::1]'], static: two },
    ]);
    for (const name of ['one.example', 'ONE.example', 'one.example:8080', 'one.example.', 'one.example.:80'])
      assert.equal(ask(name), '200 one', name);
    for (const name of ['two.example', '[::1]', '[::1]:7878']) assert.equal(ask(name), '200 two', name);
    for (const name of ['three.example', 'x.one.example', '127.0.0.1', ''])
      assert.equal(ask(name), '200 rest', name);
  });

  test('have all names below one by *, the nearest first', () => {
    const ask = handlerOf([
      { host: '*.example.com', static: one },
      { host: ['*.b.example.com', 'www.example.com'], static: two },
    ]);
    assert.deepEqual(
      [
        'a.example.com',
        'a.c.example.com',
        'b.example.com',
        'x.b.example.com',
        'www.example.com',
        'example.com',
      ].map((name) => ask(name)),
      ['200 one', '200 one', '200 one', '200 two', '200 two', '200 rest'],
    );
  });

  test('have no names below them that are longer than any host has', () => {
    const ask = handlerOf([{ host: '*.one.example', static: one }]);
    assert.equal(ask(`${'a.'.repeat(120)}one.example`), '200 one');
    assert.equal(ask(`${'a.'.repeat(8000)}one.example`), '200 rest');
  });

  test('answer for themselves what they have no file for', () => {
    assert.equal(
      handlerOf([{ host: 'one.example', static: one }])('one.example', '/none'),
      '404 404 Not Found',
    );
  });

  test('that nobody has are misdirected where there is nothing else (RFC9110§15.5.20)', () => {
    assert.equal(
      handlerOf([{ host: 'a.example', static: one }], false)('b.example'),
      '421 421 Misdirected Request',
    );
  });

  test('have options of their own, over those of all and under flags', () => {
    const layer = (values: Record<string, unknown>) => ({ origin: (name: string) => name, values });
    const hosts = [
      { host: 'a.example', static: one, single: true, cache: '1h' },
      { host: 'b.example', static: two },
    ];
    const [a, b] = planHosts(
      hosts,
      [layer({ symlinks: true })],
      [layer({ cache: 'no-store', single: false })],
    );
    assert.deepEqual([a?.folder.single, b?.folder.single, a?.folder.symlinks], [true, false, true]);
    assert.deepEqual(a?.folder.rules?.[0]?.fields, ['cache-control', 'public, max-age=3600']);
    assert.deepEqual(b?.folder.rules?.[0]?.fields, ['cache-control', 'no-store']);
  });

  const mistakes: readonly [hosts: unknown, message: RegExp][] = [
    [{}, /virtualHosts: \{\} is not a list/],
    [[5], /virtualHosts\[0\]: 5 is not an object/],
    [[{ host: 'a.example' }], /virtualHosts\[0\]\.static: nothing is not the path of a folder/],
    [[{ static: one }], /virtualHosts\[0\]\.host: nothing is not the name of a host/],
    [[{ host: [], static: one }], /virtualHosts\[0\]\.host: \[\] is not a name, or several/],
    [[{ host: 'a.example:80', static: one }], /without a port/],
    [[{ host: 'http://a.example', static: one }], /"http:\/\/a\.example" is not the name of a host/],
    [[{ host: 'a.*.example', static: one }], /is not the name of a host/],
    [
      [{ host: 'a.example', static: one, port: 80 }],
      /virtualHosts\[0\]\.port: 80 is not an option of one host/,
    ],
    [
      [{ host: 'a.example', static: one, sinlge: true }],
      /sinlge: true is not an option; there are host, static, single/,
    ],
    [
      [
        { host: 'a.example', static: one },
        { host: 'A.example.', static: two },
      ],
      /virtualHosts\[1\]\.host: "a\.example" is not the name of one host alone/,
    ],
  ];
  for (const [hosts, message] of mistakes) {
    test(`are refused with the member: ${message.source}`, () => {
      assert.throws(() => planHosts(hosts as VirtualHost[], [], []), {
        code: 'ERR_HEDDLE_VIRTUAL_HOST',
        message,
      });
    });
  }

  test('whose folder is not there are told so', () => {
    const hosts = [{ host: 'a.example', static: '/nowhere' }];
    assert.throws(() => planHosts(hosts, [], []), { code: 'ERR_HEDDLE_NO_TARGET' });
  });
});

suite('virtual hosts of serve()', () => {
  const options = {
    ...{ port: 0, idleGraceMs: 0, threads: 1, cache: 'no-store' },
    virtualHosts: [
      { host: 'a.example', static: one, cache: '1h' },
      { host: 'b.example', static: two },
    ],
  };
  for (const [how, target] of [
    ['a function', { fetch: () => new Response('rest') }],
    ['a folder', { static: two }],
  ] as const) {
    test(`have options of their own over those of the call, beside ${how}`, async () => {
      await using server = await serve({ ...options, ...target });
      const cacheOf = async (host: string): Promise<unknown> => {
        const request = get(server.url, { headers: { host }, agent: false });
        const [answer] = (await once(request, 'response')) as [IncomingMessage];
        answer.resume();
        return answer.headers['cache-control'];
      };
      assert.equal(await cacheOf('a.example'), 'public, max-age=3600');
      assert.equal(await cacheOf('b.example'), 'no-store');
    });
  }
});

test('accounts that cannot be read leave nothing open', () => {
  assert.throws(() => behindPassword(() => REST, 'no account'), /Line 1 of the accounts/);
});
