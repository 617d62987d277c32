import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import { MAIN, PROJECT_ROOT, runHeddle, spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { RawConnection } from './raw-connection.ts';

const FIXTURES = 'test/system/fixtures/';
const PATHS = `${FIXTURES}paths.ts`;

describe('mistakes of a client', () => {
  test('are answered with the status that names them, then the connection is closed', async () => {
    await using heddle = await spawnHeddle([PATHS, '-t', '1']);
    const cases: readonly (readonly [request: string, status: number])[] = [
      ['GET / HTTP/1.1\r\n\r\n', 400],
      ['GET / HTTP/1.1\r\nHost : h\r\n\r\n', 400],
      ['POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
      ['POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400],
      [`GET /${'x'.repeat(10_000)} HTTP/1.1\r\nHost: h\r\n\r\n`, 414],
      [`GET / HTTP/1.1\r\nHost: h\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
      ['POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n', 501],
      ['CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n', 501],
      ['GET / HTTP/2.0\r\nHost: h\r\n\r\n', 505],
    ];
    for (const [request, status] of cases) {
      await using connection = await RawConnection.open(heddle.url);
      connection.send(request);
      const reply = await connection.reply();
      assert.equal(reply.status, status, `${request.slice(0, 60)}: ${reply.statusLine}`);
      assert.equal(reply.headers.get('connection'), 'close', request.slice(0, 60));
      assert.equal(await connection.untilEnd(), '');
    }
  });
});

describe('mistakes of an app', () => {
  test('a fetch() that throws is a bare 500, with request line and stack in the log alone', async () => {
    await using heddle = await spawnHeddle([PATHS, '-t', '1']);
    await using connection = await RawConnection.open(heddle.url);
    const reply = await connection.fetch('/fail?with=query');
    assert.equal(reply.status, 500);
    assert.doesNotMatch(reply.body, /TypeError|fails here|paths\.ts/);
    await heddle.waitForOutput(/paths\.ts:\d+/);
    assert.match(heddle.stderr, /error server-0 GET \/fail\?with=query failed: answered 500\n/);
    assert.match(heddle.stderr, /TypeError: This app fails here\.\n\s+at .*paths\.ts:\d+/);
    assert.equal((await connection.fetch('/')).body, 'hello');
  });

  test('work behind an answer that fails is logged, and nothing else happens', async () => {
    await using heddle = await spawnHeddle([PATHS, '-t', '1']);
    await using connection = await RawConnection.open(heddle.url);
    assert.equal((await connection.fetch('/fail-later')).status, 200);
    await heddle.waitForOutput(/waitUntil\(\) failed\n\s+RangeError: This work fails\./);
    assert.equal((await connection.fetch('/')).body, 'hello');
  });
});

test('tasks that cannot be loaded are named in the log, with file, line and what to do', async () => {
  const folder = temporaryFolder({
    'app.ts': `export default { tasks: './tasks.ts', poolThreads: 1, fetch: () => new Response('x') };`,
    'tasks.ts': `\nimport { value } from './values.js';`,
    'values.ts': 'export const value = 1;',
  });
  await using heddle = await spawnHeddle([`${folder}/app.ts`, '-t', '1']);
  await heddle.waitForOutput(
    /error main pool-0 cannot load its tasks: .*tasks\.ts:2 could not be loaded: .* There is .*values\.ts: /,
  );
});

/** Runs it to its end; it must have said one line on stderr and nothing on stdout. */
async function oneLine(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runHeddle(args);
  assert.equal(code, 1, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, /^heddle: [^\n]+\n$/);
  return stderr;
}

describe('mistakes at the start, each one line on standard error and exit 1', () => {
  test('a port in use is named, with the next step', async () => {
    await using heddle = await spawnHeddle([PATHS, '-t', '1']);
    const { port } = new URL(heddle.url);
    const line = await oneLine(PATHS, '--port', port);
    assert.match(line, new RegExp(`\\b${port}\\b`));
    assert.match(line, /--port/);
  });

  test('a target that is not there', async () => {
    assert.match(await oneLine('no/such/app.ts'), /no\/such\/app\.ts/);
  });

  test('a module without a handler, with an example', async () => {
    const line = await oneLine(`${FIXTURES}no-handler.ts`, '--port', '0');
    assert.match(line, /no-handler\.ts exports no handler\. .*fetch\(request\)/);
  });

  test('a module that throws, with file and line', async () => {
    const line = await oneLine(`${FIXTURES}fails-at-import.ts`, '--port', '0', '--threads', '3');
    const place = resolve(PROJECT_ROOT, FIXTURES, 'fails-at-import.ts');
    assert.ok(line.includes(`${place}:3 could not be loaded: The settings are missing.`), line);
  });

  test('a module with a syntax error, with file and line', async () => {
    const line = await oneLine(`${FIXTURES}broken-syntax.ts`, '--port', '0');
    assert.match(line, /broken-syntax\.ts:6 could not be loaded/);
  });

  test('a tasks module that is not there', async () => {
    const folder = temporaryFolder({
      'app.ts': `export default { tasks: './no-tasks.ts', fetch: () => new Response('x') };`,
    });
    const line = await oneLine(`${folder}/app.ts`, '--port', '0');
    assert.ok(line.includes(`tasks in ${folder}/app.ts: there is no ${folder}/no-tasks.ts.`), line);
  });

  test('a folder of an app that is not there', async () => {
    const folder = temporaryFolder({
      'app.ts': `export default { static: './nowhere', fetch: () => new Response('x') };`,
    });
    const line = await oneLine(`${folder}/app.ts`, '--port', '0');
    assert.ok(line.includes(`static in ${folder}/app.ts: there is no ${folder}/nowhere.`), line);
  });

  test('a ready() that fails in every thread, told once', async () => {
    const folder = temporaryFolder({
      'app.ts': `export default {
          ready() { throw Object.assign(new Error('The cache is cold.'), { code: 'ERR_HEDDLE_TEST' }); },
          fetch: () => new Response('x'),
        };`,
    });
    const line = await oneLine(`${folder}/app.ts`, '--port', '0', '--threads', '2');
    assert.equal(line, 'heddle: The cache is cold.\n');
  });

  test('values that an option cannot have, with the option and what it takes', async () => {
    assert.match(await oneLine(PATHS, '--threads', '0'), /--threads.*"0".*1 to 1024/);
    assert.match(await oneLine(PATHS, '--port', '99999'), /--port.*"99999".*0 to 65535/);
    assert.match(await oneLine(PATHS, '--drain-timeout', 'soon'), /--drain-timeout.*"soon".*duration/);
  });

  test('an option in an app module that it cannot have, with the module', async () => {
    const folder = temporaryFolder({
      'app.ts': `export default { threads: 'many', fetch: () => new Response('x') };`,
    });
    assert.match(await oneLine(`${folder}/app.ts`, '--port', '0'), /threads in .*app\.ts: "many"/);
  });

  test('a variable of the environment that cannot be, with its name', async () => {
    const { code, stdout, stderr } = await runHeddle([PATHS], { env: { PORT: 'abc' } });
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /^heddle: \$PORT: "abc" is not a port[^\n]*\n$/);
  });

  test('an option that there is not, a flag without its value, one argument too many', async () => {
    assert.match(await oneLine(PATHS, '--thread-count', '3'), /--thread-count/);
    assert.match(await oneLine(PATHS, '--port'), /--port/);
    assert.match(await oneLine(PATHS, 'other.ts'), /argument/);
  });

  for (const { args, env } of [
    { args: ['no/such/app.ts', '--debug'], env: {} },
    { args: ['fetch', 'no/such/app.ts'], env: { HEDDLE_DEBUG: '1' } },
    { args: ['no/such/app.ts'], env: { HEDDLE_DEBUG: 'true' } },
  ])
    test(`--debug or HEDDLE_DEBUG adds the stack: ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await runHeddle(args, { env });
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(stderr, /ERR_HEDDLE_NO_TARGET/);
      assert.match(stderr, /\n\s+at /);
    });

  test('HEDDLE_DEBUG=0 adds none; HEDDLE_DEBUG=1 adds one to arguments that cannot be read, too', async () => {
    const quiet = await runHeddle(['no/such/app.ts'], { env: { HEDDLE_DEBUG: '0' } });
    assert.match(quiet.stderr, /^heddle: There is no folder or app[^\n]*\n$/);
    const whole = await runHeddle(['--no-such-flag'], { env: { HEDDLE_DEBUG: '1' } });
    assert.match(whole.stderr, /unknown option[^\n]*\n\s+at /);
  });
});

describe('what the command says of itself', () => {
  test('--help lists every option and its default on stdout and exits 0', async () => {
    const { code, stdout, stderr } = await runHeddle(['--help']);
    assert.equal(code, 0);
    assert.equal(stderr, '');
    assert.match(stdout, /^Usage: heddle/);
    assert.match(stdout, /--port <port>[\s\S]*7878/);
    assert.match(stdout, /--drain-timeout/);
  });

  test('--version prints the version of the package and exits 0', async () => {
    const { version } = JSON.parse(readFileSync(`${PROJECT_ROOT}package.json`, 'utf8'));
    const { code, stdout, stderr } = await runHeddle(['--version']);
    assert.deepEqual([code, stdout, stderr], [0, `${version}\n`, '']);
  });

  test('--quiet serves and says nothing', async () => {
    const folder = temporaryFolder({
      'app.ts': `import { writeSync } from 'node:fs';
        export default {
          ready: () => process.nextTick(() => setTimeout(() => process.kill(process.pid, 'SIGTERM'), 100)),
          fetch: () => new Response('x'),
        };`,
    });
    const { code, stdout, stderr } = await runHeddle([
      `${folder}/app.ts`,
      '--quiet',
      '--port',
      '0',
      '-t',
      '1',
    ]);
    assert.deepEqual([code, stdout, stderr], [0, '', '']);
  });

  test('a flag for V8 that overrides --thread-memory is warned of, on the command line and in NODE_OPTIONS', async () => {
    const env = { NODE_OPTIONS: '--max-semi-space-size=8' };
    const command = [process.execPath, '--max-old-space-size=300', MAIN] as const;
    await using heddle = await spawnHeddle(['examples/hello/app.ts', '-t', '1', '--thread-memory', '64'], {
      env,
      command: [...command],
    });
    assert.match(heddle.stderr, /warning main --max-old-space-size=300 overrides --thread-memory\./);
    assert.match(heddle.stderr, /warning main --max-semi-space-size=8 overrides --thread-memory\./);
  });

  test('a heap too small for a thread to start in is refused', async () => {
    const { code, stderr } = await runHeddle(['examples/hello/app.ts', '--thread-memory', '15']);
    assert.equal(code, 1);
    assert.match(stderr, /^heddle: --thread-memory: "15" is not 0 or a whole number of MiB from 16 up\./);
  });
});
