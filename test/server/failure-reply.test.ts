import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { bareFailure, detailedFailure } from '#server/failure-reply.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const BROWSER = 'text/html,application/xhtml+xml,*/*;q=0.8';

/** The test's own source is shown too. */
const SECRET = ['un', 'seen'].join('');

function request(accept?: string, target = '/') {
  const field = (name: string): string | undefined => (name === 'accept' ? accept : undefined);
  return { method: 'GET', target, field };
}

function typeOf({ fields }: { readonly fields: readonly string[] }): string {
  return fields[fields.indexOf('content-type') + 1] ?? '';
}

function bodyOf(error: unknown, accept?: string): string {
  return detailedFailure(error, request(accept)).body as string;
}

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('It was to throw.');
}

describe('the answer without details', () => {
  const cases: readonly (readonly [accept: string | undefined, type: string, body: string])[] = [
    [undefined, 'text/plain;charset=UTF-8', '500 Internal Server Error\n'],
    [BROWSER, 'text/plain;charset=UTF-8', '500 Internal Server Error\n'],
    ['text/html', 'text/plain;charset=UTF-8', '500 Internal Server Error\n'],
    ['application/json', 'application/json', '{"error":"Internal Server Error","status":500}\n'],
    [
      'application/problem+json',
      'application/problem+json',
      '{"title":"Internal Server Error","status":500}\n',
    ],
  ];
  for (const [accept, type, body] of cases) {
    test(`is ${type} for ${accept}, and is not stored`, () => {
      const reply = bareFailure(request(accept));
      assert.deepEqual([reply.status, typeOf(reply), reply.body], [500, type, body]);
      assert.ok(reply.fields.join().includes('cache-control,no-store'));
    });
  }
});

describe('the answer with details', () => {
  const error = thrownBy(() => {
    throw new TypeError('It fails.', { cause: new RangeError('the reason') });
  });

  test('is text for who takes anything: error, stack, source, cause', () => {
    const reply = detailedFailure(error, request('*/*'));
    assert.equal(typeOf(reply), 'text/plain;charset=UTF-8');
    assert.match(
      reply.body as string,
      /^500 Internal Server Error\n\nTypeError: It fails\.\n {4}at .*failure-reply\.test\.ts:\d+:\d+/,
    );
    assert.match(reply.body as string, /\n> +\d+ \| {5}throw new TypeError\('It fails\.'/);
    assert.match(reply.body as string, /\ncaused by RangeError: the reason\n {4}at /);
  });

  test('is JSON for who would rather have that', () => {
    const { error: told } = JSON.parse(bodyOf(error, 'application/json'));
    assert.equal(told.name, 'TypeError');
    assert.equal(told.message, 'It fails.');
    assert.match(told.stack, /^at .*failure-reply\.test\.ts:\d+:\d+/);
    assert.equal(told.cause.message, 'the reason');
    const problem = JSON.parse(bodyOf(error, 'application/problem+json'));
    assert.deepEqual(
      [problem.title, problem.status, problem.error.name],
      ['Internal Server Error', 500, 'TypeError'],
    );
  });

  test('is a page for browsers, which asks for nothing and may run nothing', () => {
    const reply = detailedFailure(error, request(BROWSER));
    assert.equal(typeOf(reply), 'text/html;charset=UTF-8');
    assert.ok(reply.fields.includes("default-src 'none'; style-src 'unsafe-inline'"));
    assert.ok(reply.fields.includes('no-store'));
    const page = reply.body as string;
    assert.doesNotMatch(page, /<script|<img|<link|src=|href=|url\(|https?:/);
    assert.match(page, /<mark>> \d+ \| {5}throw new TypeError\(&#39;It fails/);
    assert.match(page, /prefers-color-scheme: dark/);
  });

  test('escapes whatever the error and the request hold', () => {
    const evil = `</title><script>alert("1")</script>'&`;
    const thrown = Object.assign(new Error(evil, { cause: evil }), { name: evil });
    const reply = detailedFailure(thrown, request(BROWSER, `/${evil}`));
    const page = reply.body as string;
    assert.doesNotMatch(page, /<script|alert\("|<\/title><\//);
    assert.match(page, /<code>GET \/&lt;\/title&gt;&lt;script&gt;alert\(&quot;1&quot;\)/);
  });

  test('shows no character that a terminal obeys, or that turns a line around', () => {
    const thrown = new Error('a\u001b[31mb\0c\u009bd\u202ee\ud800f\r');
    for (const accept of ['*/*', BROWSER]) {
      assert.match(bodyOf(thrown, accept), /a\ufffd\[31mb\ufffdc\ufffdd\ufffde\ufffdf\ufffd/);
    }
  });

  test('shows no file that a message names, and none that is no code', () => {
    const folder = temporaryFolder({ 'secret.ts': SECRET, passwd: SECRET });
    const sent = new Error(`sent\n    at x (file://${folder}/secret.ts:1:1)`);
    assert.doesNotMatch(bodyOf(sent), new RegExp(SECRET));
    const madeUp = Object.assign(new Error('x'), { stack: `Error: x\n    at f (${folder}/passwd:1:1)` });
    assert.doesNotMatch(bodyOf(madeUp), new RegExp(SECRET));
  });

  test('shows the next file of the stack where the first is gone, is no file, or has no such line', () => {
    const folder = temporaryFolder({ 'short.mjs': 'one line', 'here.mjs': 'found it', 'folder.ts/x': '' });
    writeFileSync(`${folder}/gone.mjs`, '');
    rmSync(`${folder}/gone.mjs`);
    const places = ['gone.mjs:1', 'short.mjs:99', 'folder.ts:1', 'here.mjs:1'];
    const frames = places.map((place) => `    at f (file://${folder}/${place}:1)`).join('\n');
    const error = Object.assign(new Error('x'), {
      stack: `Error: x\n    at data:text/javascript,x:1:1\n${frames}`,
    });
    assert.match(bodyOf(error), /> +1 \| found it/);
  });

  test("puts the app's frames first, and none of a package's", () => {
    const stack = ['node:internal/x:1:1', '/a/node_modules/p/i.js:1:1', '/a/app.ts:2:2'].map(
      (at) => `    at f (${at})`,
    );
    const error = Object.assign(new Error('x'), { stack: `Error: x\n${stack.join('\n')}` });
    assert.match(bodyOf(error), /Error: x\n {4}at f \(\/a\/app\.ts:2:2\)\n {4}at f \(node:internal/);
  });

  const ring = new Error('ring');
  ring.cause = new Error('around', { cause: ring });
  const hostile: readonly (readonly [what: string, thrown: unknown, says: RegExp])[] = [
    ['a string', 'a text', /A value that is no Error: 'a text'/],
    ['null', null, /no Error: null/],
    ['undefined', undefined, /no Error: undefined/],
    ['a symbol', Symbol('s'), /no Error: Symbol\(s\)/],
    ['a frozen object', Object.freeze({ a: 1 }), /no Error: \{ a: 1 \}/],
    ['an object without a prototype', Object.create(null), /no Error: \[Object: null prototype\]/],
    ['an object that fails to show itself', { [inspect.custom]: failing }, /no Error: \{/],
    ['members that throw', Object.defineProperties(new Error('x'), members(failing)), /Error: \n/],
    [
      'members that are no text',
      Object.assign(new Error('x'), { name: 5, message: {}, stack: [] }),
      /Error: \n/,
    ],
    [
      'a proxy that throws at everything',
      new Proxy({}, { get: failing, getPrototypeOf: failing, ownKeys: failing }),
      /./,
    ],
    ['causes in a circle', ring, /Error: ring\n.*caused by Error: around\n(?!.*caused by)/s],
    ['a message of megabytes', new Error('x'.repeat(5_000_000)), /^.{10,40}\n\nError: x{10000}\n {4}at /],
    ['an error without a stack', Object.assign(new Error('x'), { stack: undefined }), /Error: x\n$/],
  ];
  for (const [what, thrown, says] of hostile) {
    test(`can be given for whatever is thrown: ${what}`, () => {
      for (const accept of ['*/*', BROWSER, 'application/json']) {
        const { status, body } = detailedFailure(thrown, request(accept));
        assert.equal(status, 500);
        assert.ok((body as string).length < 200_000);
      }
      assert.match(bodyOf(thrown), says);
    });
  }
});

function failing(): never {
  throw new Error('from a trap');
}

function members(get: () => never): PropertyDescriptorMap {
  return { name: { get }, message: { get }, stack: { get }, cause: { get } };
}
