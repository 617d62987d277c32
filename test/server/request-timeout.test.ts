import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type RequestFailed, requestFailed } from '#observe/events.ts';
import type { Context } from '#server/context.ts';
import { serve } from '#server/serve.ts';
import type { ServeOptions } from '#server/serve-targets.ts';
import { RawClient } from '../support/raw-client.ts';

type App = (request: Request, context: Context) => Promise<Response>;

/** Has an app answer one GET too late, and does something while its server still runs. */
async function answerLate(fetch: App, whileItRuns: () => unknown = () => undefined): Promise<unknown[]> {
  const failures: RequestFailed[] = [];
  const unsubscribe = requestFailed.subscribe((failure) => failures.push(failure));
  const options: Partial<ServeOptions> = { port: 0, idleGraceMs: 0, requestTimeoutMs: 30, fetch };
  await using server = await serve(options as ServeOptions);
  using client = await RawClient.open(server.address.port);
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.match(await client.reply(), /^HTTP\/1\.1 503 /);
  await whileItRuns();
  unsubscribe();
  return failures;
}

suite('an app that is late', () => {
  test('has both of its signals aborted, with the one reason that AbortSignal.timeout() gives', async () => {
    const signals = Promise.withResolvers<AbortSignal[]>();
    const failures = await answerLate((request, context) => {
      signals.resolve([request.signal, context.signal]);
      return new Promise(() => {});
    });
    const reasons = (await signals.promise).map(({ reason }) => reason as DOMException);
    assert.ok(reasons[0] instanceof DOMException);
    assert.equal(reasons[0].name, 'TimeoutError');
    assert.equal(reasons[0].code, DOMException.TIMEOUT_ERR);
    assert.equal(reasons[0], reasons[1]);
    assert.deepEqual(failures, []);
  });

  test('learns it from a signal that it asks for only then', async () => {
    let late: Request | undefined;
    await answerLate(
      (request) => {
        late = request;
        return new Promise(() => {});
      },
      () => assert.equal(late?.signal.reason.name, 'TimeoutError'),
    );
  });

  test('has not failed where it lets the reason of its signal escape', async () => {
    const thrown = Promise.withResolvers<unknown>();
    const failures = await answerLate(
      (request) =>
        new Promise((_, reject) => {
          request.signal.addEventListener('abort', () => {
            reject(request.signal.reason);
            thrown.resolve(undefined);
          });
        }),
      // What the handler makes of the rejection takes some microtasks more.
      () => thrown.promise.then(() => new Promise(setImmediate)),
    );
    assert.deepEqual(failures, []);
  });

  test('has the stream of its answer cancelled', async () => {
    const answer = Promise.withResolvers<Response>();
    const cancelled = Promise.withResolvers<unknown>();
    await answerLate(
      () => answer.promise,
      () => {
        answer.resolve(new Response(new ReadableStream({ cancel: cancelled.resolve })));
        return cancelled.promise;
      },
    );
  });
});
