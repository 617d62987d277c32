import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobRunner } from '#pool/job-runner.ts';
import type { Context, HeddleApp } from '#server/context.ts';

type Tasks = typeof import('../pool/fixtures/tasks.ts');

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only if the value is of exactly that type, `any` not among them. */
function same<A>(): <B>(value: B, ...proof: Equal<A, B> extends true ? [] : [never]) => void {
  return () => {};
}

/** Never called: the compiler is the test. */
export const app = {
  trustProxy: ['loopback', '10.0.0.0/8'],
  async fetch(request, context) {
    same<Request>()(request);
    same<Context<Tasks>>()(context);
    same<string>()(context.ip);
    same<number>()(context.thread);
    same<JobRunner<Tasks>>()(context.pool);
    same<AbortSignal>()(context.signal);
    same<AbortSignal>()(context.draining);
    same<NodeJS.ProcessEnv>()(context.env);
    same<void>()(context.waitUntil(Promise.resolve()));
    // @ts-expect-error work that is no promise
    context.waitUntil(() => undefined);
    // @ts-expect-error a member that does not exist
    context.env2;
    // @ts-expect-error the server's to say
    context.ip = '192.0.2.1';
    same<number>()(await context.pool.execute('double', [1]));
    // @ts-expect-error a job that does not exist
    await context.pool.execute('treble', [1]);
    return new Response();
  },
} satisfies HeddleApp<Tasks>;

/** Neither are these. */
export const others: readonly HeddleApp[] = [
  { fetch: () => new Response() },
  { trustProxy: 1, fetch: (_, { ip }) => new Response(ip) },
  { trustProxy: 'private, 192.0.2.1', fetch: async () => new Response() },
  // @ts-expect-error all of them is no list of proxies
  { trustProxy: true, fetch: () => new Response() },
  // @ts-expect-error a text is no answer
  { fetch: () => 'text' },
  // @ts-expect-error no handler
  {},
  // @ts-expect-error a name needs the type of a tasks module
  { fetch: async (_, { pool }) => Response.json(await pool.execute('double', [1])) },
];

test('an app that is typed with HeddleApp is the same app without it', async () => {
  const untyped: { fetch(request: Request): Response | Promise<Response> } = others[0] as never;
  assert.equal((await untyped.fetch(new Request('http://a/'))).status, 200);
});
