import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '#exchange/handler.ts';
import { BodyError, type IncomingRequest } from '#exchange/incoming-request.ts';
import type { Reply } from '#exchange/reply.ts';
import type { FetchApp } from '#fetch/fetch-app.ts';
import { createFetchHandler } from '#fetch/fetch-handler.ts';
import { WebResponse } from '#fetch/web-response.ts';
import type { HeddleError } from '#observe/heddle-error.ts';
import { type FakeRequestParts, fakeRequest } from '../support/fake-request.ts';

interface Called {
  readonly answer: Answer | Promise<Answer | undefined> | undefined;
  readonly errors: { readonly error: unknown; readonly request: IncomingRequest }[];
  readonly request: IncomingRequest;
}

function call(app: FetchApp<unknown>, parts: FakeRequestParts = {}, maxBodyBytes?: number): Called {
  const errors: Called['errors'] = [];
  const handler = createFetchHandler(app, {
    context: (request) => ({ ip: request.remoteAddress }),
    onError: (error, request) => errors.push({ error, request }),
    ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
  });
  const request = fakeRequest(parts);
  return { answer: handler(request), errors, request };
}

async function replyOf(called: Called): Promise<Reply> {
  const answer = await called.answer;
  assert.ok(answer !== undefined && 'status' in answer);
  return answer;
}

/** An app of plain JavaScript may return anything. */
function returning(value: unknown): FetchApp<unknown> {
  return { fetch: () => value as Response };
}

const BARE_500 = {
  status: 500,
  fields: ['content-type', 'text/plain;charset=UTF-8'],
  body: '500 Internal Server Error\n',
};

test('a Response becomes a reply without a promise', () => {
  const { answer, errors } = call(
    returning(new WebResponse('Hello', { status: 201, headers: { 'X-A': '1' } })),
  );
  assert.deepEqual(answer, {
    status: 201,
    fields: ['x-a', '1', 'content-type', 'text/plain;charset=UTF-8'],
    body: 'Hello',
  });
  assert.deepEqual(errors, []);
});

test('a promise of a Response becomes a promise of a reply', async () => {
  const called = call({ fetch: async () => new WebResponse('Hello') });
  assert.ok(called.answer instanceof Promise);
  assert.equal((await replyOf(called)).body, 'Hello');
});

test('any thenable will do for a promise', async () => {
  // biome-ignore lint/suspicious/noThenProperty: a thenable that is no Promise is what is tested
  const thenable = { then: (resolve: (value: unknown) => void) => resolve(new WebResponse('Hello')) };
  assert.equal((await replyOf(call(returning(thenable)))).body, 'Hello');
});

test('the app gets the request, and one context as second and third argument', () => {
  const seen: unknown[] = [];
  const app = {
    prefix: 'Hello from ',
    fetch(request: Request, ...contexts: unknown[]) {
      seen.push(request.method, request instanceof Request, ...contexts);
      return new WebResponse(this.prefix + new URL(request.url).pathname);
    },
  };
  const { answer } = call(app, { method: 'HEAD', path: '/a' });
  assert.deepEqual(seen, ['HEAD', true, { ip: '192.0.2.1' }, { ip: '192.0.2.1' }]);
  assert.equal(seen[2], seen[3]);
  assert.ok(answer !== undefined && 'body' in answer);
  assert.equal(answer.body, 'Hello from /a');
});

test('a throw and a rejection are a bare 500, logged with the request', async () => {
  const failure = new Error('the app broke');
  const apps: FetchApp<unknown>[] = [
    {
      fetch() {
        throw failure;
      },
    },
    { fetch: () => Promise.reject(failure) },
  ];
  for (const app of apps) {
    const called = call(app);
    assert.deepEqual(await replyOf(called), BARE_500);
    assert.deepEqual(called.errors, [{ error: failure, request: called.request }]);
  }
  assert.ok(!(call(apps[0]!).answer instanceof Promise));
});

test('an app’s own error answers in place of the 500, at once or later', async () => {
  const failure = new Error('the app broke');
  const error = (given: unknown) => new WebResponse((given as Error).message, { status: 503 });
  const throws = () => {
    throw failure;
  };
  for (const app of [
    { fetch: throws, error },
    { fetch: () => Promise.reject(failure), error },
    { fetch: throws, error: async (given: unknown) => error(given) },
  ]) {
    const called = call(app);
    const { status, body } = await replyOf(called);
    assert.deepEqual([status, body, called.errors], [503, 'the app broke', []]);
  }
});

test('an error in an app’s error is a bare 500, and both are logged', async () => {
  const [first, second] = [new Error('first'), new Error('second')];
  const throws = () => {
    throw first;
  };
  for (const error of [
    () => {
      throw second;
    },
    () => Promise.reject(second),
  ]) {
    const called = call({ fetch: throws, error });
    assert.deepEqual(await replyOf(called), BARE_500);
    assert.deepEqual(
      called.errors.map((entry) => entry.error),
      [first, second],
    );
  }
});

test('what is no Response is a bare 500, and the log says what was returned', async () => {
  const cases: [unknown, RegExp][] = [
    [undefined, /returned undefined /],
    [null, /returned null /],
    ['Hello', /returned the string "Hello" /],
    [{ status: 200 }, /returned an object of class Object /],
    [Object.create(null), /returned an object of class null /],
    [new Map(), /returned an object of class Map /],
    [5, /returned a number /],
    [() => {}, /returned a function /],
  ];
  for (const [value, message] of cases) {
    for (const returned of [value, Promise.resolve(value)]) {
      const called = call(returning(returned));
      assert.deepEqual(await replyOf(called), BARE_500);
      const [logged] = called.errors.map(({ error }) => error as HeddleError);
      assert.equal(logged?.code, 'ERR_HEDDLE_NOT_A_RESPONSE');
      assert.match(logged.message, message);
    }
  }
});

test('a context that cannot be made is a bare 500', () => {
  const failure = new Error('no context');
  const errors: unknown[] = [];
  const handler = createFetchHandler(returning(new WebResponse()), {
    context: () => {
      throw failure;
    },
    onError: (error) => errors.push(error),
  });
  assert.deepEqual(handler(fakeRequest()), BARE_500);
  assert.deepEqual(errors, [failure]);
});

test('content over the limit that the app reads whole is a 413, and no fault of the app (RFC9110§15.5.14)', async () => {
  const app = {
    fetch: async (request: Request) => new WebResponse(await request.text()),
    error: () => assert.fail('asked the app'),
  };
  const called = call(app, { method: 'POST', body: 'abcd' }, 3);
  assert.equal((await replyOf(called)).status, 413);
  assert.deepEqual(called.errors, []);
  assert.equal((await replyOf(call(app, { method: 'POST', body: 'abc' }, 3))).body, 'abc');
});

test('the limit is 10 MiB where none is given', async () => {
  const app = { fetch: async (request: Request) => new WebResponse(String((await request.bytes()).length)) };
  const limit = 10 * 1024 * 1024;
  const within = call(app, { method: 'POST', body: new Uint8Array(limit) });
  assert.equal((await replyOf(within)).body, String(limit));
  const over = call(app, { method: 'POST', body: new Uint8Array(limit + 1) });
  assert.equal((await replyOf(over)).status, 413);
});

test('a framework that catches the error finds the 413 on it', async () => {
  const app = {
    fetch: (request: Request) =>
      request.text().then(
        () => assert.fail(),
        (error: { status: number; statusCode: number; getResponse(): Response }) => {
          assert.deepEqual([error.status, error.statusCode], [413, 413]);
          return error.getResponse();
        },
      ),
  };
  assert.equal((await replyOf(call(app, { method: 'POST', body: 'abcd' }, 3))).status, 413);
});

test('content that the client broke off is a 400, and no fault of the app (RFC9110§15.5.1)', async () => {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('a');
    throw new BodyError('body-incomplete', 'The client left after 1 byte.');
  }
  const app = { fetch: async (request: Request) => new WebResponse(await request.text()) };
  const called = call(app, { method: 'POST', body: chunks() });
  assert.equal((await replyOf(called)).status, 400);
  assert.deepEqual(called.errors, []);
});

test('a Host that no URL can have is the client’s fault: 400, and nothing for the app’s log (RFC9110§7.2)', async () => {
  const app: FetchApp<unknown> = { fetch: (request) => new Response(new URL(request.url).host) };
  for (const authority of ['1.2.3.4.5', '999.1', 'a%00b', '%2f', 'a.0x', '[v1.a]', '256.256.256.256']) {
    const called = call(app, { authority });
    assert.equal((await replyOf(called)).status, 400, authority);
    assert.deepEqual(called.errors, []);
  }
  for (const authority of [
    'a',
    'A.b-c.example:80',
    '127.0.0.1',
    '[::1]:80',
    'a_b',
    'xn--bcher-kva.example',
    'a.:8',
    '8.example',
  ]) {
    assert.equal((await replyOf(call(app, { authority }))).status, 200, authority);
  }
});

test('an app that does not look at the URL is not held to what URLs can have', async () => {
  const called = call({ fetch: () => new Response('x') }, { authority: 'a%00b' });
  assert.equal((await replyOf(called)).status, 200);
});

test('the error of an unusable Host tells frameworks its status', () => {
  const errors: unknown[] = [];
  const app: FetchApp<unknown> = {
    fetch: (request) => {
      try {
        return new Response(request.url);
      } catch (error) {
        errors.push(error);
        return (error as { getResponse(): Response }).getResponse();
      }
    },
  };
  const { answer } = call(app, { authority: '%2f' });
  assert.ok(answer !== undefined && 'status' in answer && answer.status === 400);
  const [error] = errors as (HeddleError & { status: number; statusCode: number })[];
  assert.deepEqual([error?.code, error?.status, error?.statusCode], ['ERR_HEDDLE_REQUEST_HOST', 400, 400]);
});

test('trailers that the app gave its context go with the reply', async () => {
  const trailers = () => ['x', 'y'];
  const handler = createFetchHandler<{ trailers: Reply['trailers'] }>(
    { fetch: (request) => new Response(request.method) },
    {
      context: (request) => ({ trailers: request.path === '/with' ? trailers : undefined }),
      trailers: (context) => context.trailers,
      onError: () => assert.fail(),
    },
  );
  const replyTo = async (path: string) => {
    const reply = await handler(fakeRequest({ path }));
    assert.ok(reply !== undefined && 'status' in reply);
    return reply;
  };
  assert.equal((await replyTo('/with')).trailers, trailers);
  assert.equal('trailers' in (await replyTo('/without')), false);
});
