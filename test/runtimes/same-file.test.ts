import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { whyMissing } from '../support/installed.ts';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { type RuntimeName, spawnRuntime } from './spawn-runtime.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

/** A request: method, path, and what else there is to it. */
type Ask = readonly [string, string, RequestInit?];

const FRAMEWORK_ASKS: readonly Ask[] = [
  ['GET', ''],
  ['GET', 'posts/42?q=a%26b'],
  ['HEAD', 'posts/42'],
  ['POST', 'json', { body: '{"a":[1,"é"]}', headers: JSON_TYPE }],
  ['GET', 'cookie', { headers: { cookie: 'other=x; seen=yes' } }],
  ['GET', 'missing/page'],
];
const FORM = { body: new URLSearchParams('name=Ada') };

/** Apps of each style, and what they are asked. */
const APPS: readonly {
  readonly app: string;
  readonly packages?: readonly string[];
  readonly asks: readonly Ask[];
}[] = [
  {
    app: 'examples/hello/app.ts',
    asks: [
      ['GET', ''],
      ['GET', '?a=1'],
      ['HEAD', ''],
      ['POST', '', { body: 'x' }],
      ['GET', 'sleep'],
      ['GET', 'nowhere'],
    ],
  },
  {
    app: 'examples/markdown/app.ts',
    asks: [
      ['GET', ''],
      ['POST', 'render', { body: 'text=# Hi\n\n*thére*' }],
    ],
  },
  {
    app: 'test/runtimes/apps/options.ts',
    asks: [
      ['GET', ''],
      ['GET', 'a%20b'],
    ],
  },
  {
    app: 'test/frameworks/apps/hono.ts',
    packages: ['hono'],
    asks: [
      ...FRAMEWORK_ASKS,
      ['GET', 'upper/word'],
      ['GET', 'stream'],
      ['POST', 'form', FORM],
      ['POST', 'form', { body: 'x' }],
      ['GET', 'throw'],
      ['GET', 'forbidden'],
    ],
  },
  {
    app: 'test/frameworks/apps/h3.ts',
    packages: ['h3'],
    asks: [...FRAMEWORK_ASKS, ['GET', 'stream'], ['GET', 'old']],
  },
  {
    app: 'test/frameworks/apps/itty-router.ts',
    packages: ['itty-router'],
    asks: [...FRAMEWORK_ASKS, ['GET', 'throw']],
  },
  {
    app: 'test/frameworks/apps/elysia.ts',
    packages: ['elysia'],
    asks: [...FRAMEWORK_ASKS, ['GET', 'stream'], ['GET', 'throw']],
  },
];

/** What two servers have to agree on; names of charsets have no case (RFC9110§8.3.2). */
async function outcomeOf(url: string, [method, path, init]: Ask, runtime: RuntimeName): Promise<object> {
  const reply = await fetch(`${url}${path}`, { ...init, method, redirect: 'manual' });
  const { status, headers } = reply;
  const type = (headers.get('content-type') ?? '').toLowerCase().replaceAll(' ', '');
  return {
    status,
    type: runtime === 'bun' ? bareType(type) : type,
    cookies: headers.getSetCookie(),
    location: headers.get('location'),
    policy: headers.get('content-security-policy'),
    middleware: headers.get('x-middleware'),
    text: (await reply.text()).replaceAll(url, '<the server>/'),
  };
}

/**
 * Bun leaves out the type of text where the app sets another field, against the standard (Fetch, 5.5), and some frameworks
 * give it charsets that they give nobody else.
 */
function bareType(type: string): string {
  return type.replace(';charset=utf-8', '').replace(/^(?:text\/plain|application\/octet-stream)$/, '');
}

async function outcomesOf(
  url: string,
  asks: readonly Ask[],
  runtime: RuntimeName,
): Promise<[string, object][]> {
  const outcomes: [string, object][] = [];
  for (const ask of asks) outcomes.push([`${ask[0]} /${ask[1]}`, await outcomeOf(url, ask, runtime)]);
  return outcomes;
}

for (const runtime of ['bun', 'deno'] as const satisfies readonly RuntimeName[]) {
  suite(`under ${runtime}`, { skip: whyMissing('runtimes', runtime) }, () => {
    for (const { app, packages = [], asks } of APPS) {
      test(`${app} answers as under heddle, unchanged`, {
        skip: whyMissing('frameworks', ...packages),
      }, async () => {
        const env = { HELLO_SLEEP_MS: '10', NODE_ENV: 'production' };
        await using heddle = await spawnHeddle([app, '-t', '2', '--idle-grace', '0'], { env });
        await using other = await spawnRuntime(runtime, app, env);
        const expected = await outcomesOf(heddle.url, asks, runtime);
        assert.deepEqual(await outcomesOf(other.url, asks, runtime), expected);
      });
    }
  });
}

test('options by name are read beside a default export that other runtimes take', async () => {
  await using heddle = await spawnHeddle(['test/runtimes/apps/options.ts', '-t', '1', '--idle-grace', '0']);
  assert.equal(await (await fetch(`${heddle.url}page.txt`)).text(), 'from the folder\n');
  assert.equal(await (await fetch(`${heddle.url}other`)).text(), 'from the app: /other');
});
