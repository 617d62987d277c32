import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { MAIN, PROJECT_ROOT } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const APP = 'test/system/fixtures/one-request.ts';

function start(...args: readonly string[]): ChildProcessWithoutNullStreams {
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, PORT: undefined, HOST: undefined };
  return spawn(process.execPath, [MAIN, 'fetch', ...args], { cwd: PROJECT_ROOT, env });
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(args: readonly string[], input: string | Uint8Array = ''): Promise<Outcome> {
  const child = start(...args);
  const exited = once(child, 'close') as Promise<[number | null]>;
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { code, stdout, stderr };
}

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

async function echoOf(args: readonly string[], input?: string): Promise<Echo> {
  const { code, stdout, stderr } = await run([APP, ...args], input);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Echo;
}

describe('heddle fetch', () => {
  test('prints the content alone, with what the app logs on standard error, ready() before and close() after', async () => {
    const { code, stdout, stderr } = await run([APP]);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'hello', stderr: 'ready\nclosed\n' });
  });

  test('prints the head as it came, where it is asked to, and trailers behind the content', async () => {
    const { stdout } = await run([APP, '/cookies', '-i']);
    assert.match(stdout, /^HTTP\/1\.1 200 OK\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n/);
    assert.match(stdout, /\r\ncontent-length: 4\r\n.*\r\n\r\nbody$/s);
    const trailers = await run([APP, '/trailers', '-i', '-H', 'TE: trailers']);
    assert.match(trailers.stdout, /\r\ntransfer-encoding: chunked\r\n.*\r\n\r\nbody\r\nx-sum: 7\r\n$/s);
  });

  test('sends method, fields and content as they are given', async () => {
    const echo = await echoOf([
      'echo?a=b c',
      ...[
        '-X',
        'PUT',
        '-H',
        'X-Name: né',
        '-H',
        'accept:',
        '-H',
        'Host: example.com',
        '-d',
        'a=1',
        '-d',
        'b=2',
      ],
    ]);
    assert.equal(echo.method, 'PUT');
    assert.equal(echo.url, 'http://example.com/echo?a=b%20c');
    assert.equal(Buffer.from(echo.headers['x-name'] ?? '', 'latin1').toString('utf8'), 'né');
    assert.equal(echo.headers.accept, undefined);
    assert.equal(echo.text, 'a=1&b=2');
  });

  test('sends standard input and files byte for byte', async () => {
    assert.equal((await echoOf(['/echo', '-d', '@-'], 'from\nstdin\n')).text, 'from\nstdin\n');
    const folder = temporaryFolder();
    writeFileSync(`${folder}/content`, Buffer.alloc(20_000_000, 7));
    const { stdout } = await run([APP, '/length', '-d', `@${folder}/content`]);
    assert.equal(stdout, '20000000');
  });

  test('runs jobs of the pool, and waits for waitUntil()', async () => {
    assert.equal((await run([APP, '/job'])).stdout, '42');
    const { stdout, stderr } = await run([APP, '/later']);
    assert.equal(stdout, 'work goes on');
    assert.match(stderr, /^ready\nthe work is done\nclosed\n$/);
  });

  test('prints a stream as it comes, and ends when nobody reads any more', async () => {
    const child = start(APP, '/lines');
    const exited = once(child, 'close') as Promise<[number | null]>;
    const stderr = text(child.stderr);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    assert.deepEqual(await exited, [0, null]);
    assert.match(await stderr, /^ready\n.*closed\n$/s);
  });

  test('exits with 22 for a status from 400 up, with the answer printed and the error in the log', async () => {
    const { code, stdout, stderr } = await run([APP, '/fail']);
    assert.equal(code, 22);
    assert.match(stdout, /^500 Internal Server Error\n$/);
    assert.match(stderr, /GET \/fail failed: answered 500\n\s+TypeError: This app fails here\./);
    const large = await run([APP, '/echo', '-d', 'abcde', '--max-body', '4']);
    assert.deepEqual([large.code, large.stdout], [22, '413 Content Too Large\n']);
  });

  test('exits with 1 where the answer breaks off, or there is none', async () => {
    const half = await run([APP, '/half']);
    assert.deepEqual([half.code, half.stdout], [1, 'half of it']);
    assert.match(half.stderr, /broken in the middle.*\nheddle: The answer broke off: /s);
    const none = await run([APP, '/exit']);
    assert.deepEqual([none.code, none.stdout], [1, '']);
    assert.match(none.stderr, /exit code 3.*\nheddle: There is no answer: /s);
  });

  test('answers from a folder', async () => {
    const folder = temporaryFolder({ 'page.txt': 'from a file' });
    assert.equal((await run([folder, '/page.txt'])).stdout, 'from a file');
    assert.equal((await run([folder, '/none.txt'])).code, 22);
  });
});

describe('heddle fetch says in one line what is wrong', () => {
  const cases: readonly (readonly [what: string, args: readonly string[], says: RegExp])[] = [
    [
      'with an app that cannot be loaded',
      ['test/system/fixtures/fails-at-import.ts'],
      /:3 could not be loaded/,
    ],
    ['with an app that is not there', ['no/such.ts'], /There is no folder or app "no\/such\.ts"/],
    ['with a field that holds a line end', [APP, '-H', 'a: b\r\nc: d'], /has a line end or a NUL/],
    [
      'with a file of content that is not there',
      [APP, '-d', '@no/such'],
      /-d @no\/such cannot be read \(ENOENT\)/,
    ],
    ['without an app', [], /missing required argument 'target'/],
  ];
  for (const [what, args, says] of cases) {
    test(what, async () => {
      const { code, stdout, stderr } = await run(args);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, says);
      assert.match(stderr, /^heddle: [^\n]+\n$/);
    });
  }
});
