import assert from 'node:assert/strict';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { suite, test } from 'node:test';
import { runHeddle, type SpawnedHeddle, spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const APP = `
export default {
  fetch(request, context) {
    const { pathname } = new URL(request.url);
    if (pathname === '/die') setImmediate(() => { throw new Error('died'); });
    if (pathname === '/die') return new Promise(() => {});
    if (pathname === '/throw') throw new Error('thrown');
    return new Response(context.requestId);
  },
};
`;

interface Line {
  readonly target: string;
  readonly requestId: string;
  readonly status: number | null;
  readonly outcome: string;
  readonly [name: string]: unknown;
}

function linesOf(path: string): Line[] {
  const text = readFileSync(path, 'utf8');
  assert.match(text, /^$|\n$/);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

/** Opens connections one after another, each for a few requests, until it is told to end; counts those answered. */
async function load(url: string, name: string, isOver: () => boolean): Promise<number> {
  let answered = 0;
  for (let n = 0; !isOver(); n += 1) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    let request = '';
    for (const end of ['', '', 'Connection: close\r\n'])
      request += `GET /${name}/${n} HTTP/1.1\r\nHost: a\r\n${end}\r\n`;
    socket.write(request);
    let text = '';
    for await (const chunk of socket.iterator({ destroyOnReturn: true })) text += chunk;
    answered += text.split('HTTP/1.1 200').length - 1;
  }
  return answered;
}

async function stop(heddle: SpawnedHeddle): Promise<void> {
  assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
}

suite('the access log', () => {
  test('has a line for each answer, through reloads, rotation and the death of a thread', async () => {
    const folder = temporaryFolder({ 'app.mjs': APP });
    const log = `${folder}/log`;
    const args = ['--threads', '2', '--idle-grace', '0', '--access-log', log, '--access-log-format', 'json'];
    await using heddle = await spawnHeddle([`${folder}/app.mjs`, ...args]);
    let isOver = false;
    const loads = Promise.all(['a', 'b', 'c'].map((name) => load(heddle.url, name, () => isOver)));
    for (let turn = 0; turn < 3; turn += 1) {
      renameSync(log, `${log}.${turn}`);
      process.kill(heddle.pid, 'SIGUSR2');
      while (linesIfThere(log) < 50) await new Promise((resolve) => setImmediate(resolve));
      if (turn === 0) {
        process.kill(heddle.pid, 'SIGHUP');
        await heddle.waitForOutput(/generation 2 serves/);
      } else if (turn === 1) {
        await fetch(`${heddle.url}die`).catch(() => undefined);
        await heddle.waitForOutput(/server-\d died/);
      }
    }
    isOver = true;
    const answered = (await loads).reduce((sum, count) => sum + count, 0);
    await stop(heddle);
    const lines = [`${log}.0`, `${log}.1`, `${log}.2`, log].flatMap(linesOf);
    const complete = lines.filter(({ outcome, status }) => outcome === 'complete' && status === 200);
    // A thread that dies may have written answers that are reset on their way.
    assert.ok(
      complete.length >= answered && complete.length <= answered + 9,
      `${complete.length} ${answered}`,
    );
    assert.equal(new Set(lines.map(({ requestId }) => requestId)).size, lines.length);
    assert.deepEqual(
      lines.filter(({ target }) => target === '/die').map(({ outcome }) => outcome),
      ['lost'],
    );
    assert.deepEqual([...new Set(lines.map(({ thread }) => thread))].sort(), [0, 1]);
    assert.deepEqual([...new Set(lines.map(({ generation }) => generation))].sort(), [1, 2]);
    assert.doesNotMatch(heddle.stderr, /dropped/);
  });

  test('calls a request as the app and the log of errors call it', async () => {
    const folder = temporaryFolder({ 'app.mjs': APP });
    const log = `${folder}/log`;
    const args = ['--threads', '1', '--trust-proxy', 'loopback', '--access-log-format', 'json'];
    await using heddle = await spawnHeddle([`${folder}/app.mjs`, ...args, '--access-log', log]);
    const get = async (path: string, id: string): Promise<string> =>
      (await fetch(`${heddle.url}${path}`, { headers: { 'x-request-id': id } })).text();
    const told = [await get('', 'of-the.proxy'), await get('', 'two words'), await get('throw', 'ab/c')];
    assert.equal(told[0], 'of-the.proxy');
    assert.match(told[1] ?? '', /^[\w-]{8}-\w+$/);
    assert.match(heddle.stderr, /GET \/throw failed: answered 500 \(request ab\/c\)\n {4}Error: thrown/);
    await stop(heddle);
    assert.deepEqual(
      linesOf(log).map(({ requestId }) => requestId),
      [told[0], told[1], 'ab/c'],
    );
  });

  test('is written to standard output and standard error, beside what else is', async () => {
    for (const [where, stream] of [
      ['--access-log', 'stdout'],
      ['--access-log=stderr', 'stderr'],
    ] as const) {
      await using heddle = await spawnHeddle([temporaryFolder({ 'a.txt': 'abc' }), where, '--threads', '1']);
      await (await fetch(`${heddle.url}a.txt`, { headers: { 'user-agent': 'me' } })).text();
      await (await fetch(`${heddle.url}b`, { headers: { 'user-agent': 'me' } })).text();
      await stop(heddle);
      const lines = heddle[stream].split('\n').filter((line) => line.startsWith('127.0.0.1'));
      assert.match(lines[0] ?? '', /^127\.0\.0\.1 - - \[.{26}\] "GET \/a\.txt HTTP\/1\.1" 200 3 "-" "me"$/);
      assert.match(lines[1] ?? '', /"GET \/b HTTP\/1\.1" 404 14 /);
    }
  });

  test('tells of a Node app its answers, those that are cut, and upgrades', async () => {
    const app = `
      export default (req, res) => {
        if (req.url === '/late') return;
        if (req.url === '/pieces') { res.write('ab'); res.write('6364', 'hex'); return res.end('é'); }
        if (req.url === '/fails') { res.write('ab'); setTimeout(() => res.destroy(), 10); return; }
        if (req.url === '/throws') throw new Error('no');
        res.writeHead(201).end(req.method === 'HEAD' ? 'not sent' : 'hello');
      };`;
    const folder = temporaryFolder({ 'app.mjs': app });
    const log = `${folder}/log`;
    const args = ['--threads', '1', '--request-timeout', '100ms', '--access-log-format', 'json'];
    await using heddle = await spawnHeddle([`${folder}/app.mjs`, ...args, '--access-log', log]);
    for (const path of ['', 'pieces', 'throws', 'late', 'fails'])
      await fetch(`${heddle.url}${path}`, { method: 'POST', body: 'abc' })
        .then((answer) => answer.text())
        .catch(() => undefined);
    await fetch(heddle.url, { method: 'HEAD' });
    for (const bytes of ['G\0T / HTTP/1.1\r\n\r\n', `GET / HTTP/1.1\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`]) {
      const socket = connect(Number(new URL(heddle.url).port), '127.0.0.1').on('error', () => undefined);
      socket.write(bytes);
      await new Promise((resolve) => socket.resume().on('close', resolve));
    }
    await stop(heddle);
    const told = linesOf(log).map(({ method, target, status, bytesIn, bytesOut, outcome, ip }) =>
      [method, target, status, bytesIn, bytesOut, outcome, ip].join(' '),
    );
    assert.deepEqual(told, [
      'POST / 201  5 complete 127.0.0.1',
      'POST /pieces 200  6 complete 127.0.0.1',
      'POST /throws 500  26 complete 127.0.0.1',
      'POST /late 503 3 24 timeout 127.0.0.1',
      'POST /fails 200 3 2 aborted 127.0.0.1',
      'HEAD / 201 0 0 complete 127.0.0.1',
      '  400 0 0 refused 127.0.0.1',
      '  431 0 0 refused 127.0.0.1',
    ]);
    assert.match(heddle.stderr, /POST \/throws failed: answered 500 \(request [\w-]+\)/);
  });

  test('in the folder of the app is no reason for --watch to reload it', async () => {
    const folder = temporaryFolder({ 'app.mjs': APP });
    const args = ['--watch', '--threads', '1', '--idle-grace', '0', '--access-log', `${folder}/access.log`];
    await using heddle = await spawnHeddle([`${folder}/app.mjs`, ...args]);
    await (await fetch(heddle.url)).text();
    while (linesIfThere(`${folder}/access.log`) < 2) await new Promise((resolve) => setImmediate(resolve));
    writeFileSync(`${folder}/app.mjs`, APP.replace('/die', '/other'));
    const written = await heddle.waitForOutput(/reloading \(.*\)/);
    assert.match(written, /reloading \(app\.mjs changed\)/);
    assert.doesNotMatch(written, /access\.log/);
  });

  test('that cannot be opened fails the start, with what to do', async () => {
    const folder = temporaryFolder({ 'a.txt': '' });
    const { code, stderr } = await runHeddle([folder, '--port', '0', '--access-log', `${folder}/no/log`]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /The access log cannot be written to ".*\/no\/log" \(ENOENT\)\. Make the folder first/,
    );
  });
});

function linesIfThere(path: string): number {
  try {
    return readFileSync(path, 'utf8').split('\n').length;
  } catch {
    return 0;
  }
}
