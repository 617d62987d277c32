import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { RawConnection } from './raw-connection.ts';

const FIXTURES = 'test/system/fixtures/';
const PATHS = `${FIXTURES}paths.ts`;

describe('heddle app.ts', () => {
  test('echoes bodies by length and chunked, and keeps the connection', async () => {
    await using heddle = await spawnHeddle([PATHS, '-t', '1']);
    await using connection = await RawConnection.open(heddle.url);
    for (const target of ['/echo', '/echo-stream']) {
      connection.send(`POST ${target} HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nby le`);
      assert.equal((await connection.reply()).body, 'by le');
      const chunked = '3\r\nin \r\n6\r\nchunks\r\n0\r\n\r\n';
      connection.send(`POST ${target} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`);
      assert.equal((await connection.reply()).body, 'in chunks');
    }
    const large = 'x'.repeat(300_000);
    connection.send(`POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: ${large.length}\r\n\r\n${large}`);
    assert.equal((await connection.reply()).body, large);
  });

  test('streams an answer of unknown length in chunks to HTTP/1.1 and up to the close to HTTP/1.0', async () => {
    await using heddle = await spawnHeddle([PATHS, '-t', '1']);
    await using connection = await RawConnection.open(heddle.url);
    const streamed = await connection.fetch('/stream');
    assert.equal(streamed.headers.get('transfer-encoding'), 'chunked');
    assert.equal(streamed.body, 'one two three');
    assert.equal((await connection.fetch('/')).body, 'hello');
    connection.send('GET /stream HTTP/1.0\r\n\r\n');
    const old = await connection.reply();
    assert.equal(old.headers.get('transfer-encoding'), undefined);
    assert.equal(old.body, 'one two three');
  });

  test('answers HEAD with the head that GET has, and HTTP/1.0 with a close', async () => {
    await using heddle = await spawnHeddle([PATHS, '-t', '1']);
    await using connection = await RawConnection.open(heddle.url);
    connection.send('HEAD / HTTP/1.1\r\nHost: h\r\n\r\n');
    const head = await connection.reply({ isHead: true });
    assert.equal(head.headers.get('content-length'), '5');
    connection.send('GET / HTTP/1.0\r\n\r\n');
    const old = await connection.reply();
    assert.equal(old.body, 'hello');
    assert.equal(await connection.untilEnd(), '');
  });

  test('calls ready and close once in each thread, with the options beside fetch', async () => {
    await using heddle = await spawnHeddle([PATHS]);
    assert.match(heddle.stdout, /\(2 threads: as asked/);
    const ready = [...heddle.stdout.matchAll(/^ready in (\d+)$/gm)].map((match) => match[1]);
    assert.equal(new Set(ready).size, 2);
    assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
    const closed = [...heddle.stdout.matchAll(/^closed in (\d+)$/gm)].map((match) => match[1]);
    assert.deepEqual(closed.sort(), ready.sort());
  });

  test('finishes the work of waitUntil() before it exits', async () => {
    await using heddle = await spawnHeddle([PATHS, '--idle-grace', '0']);
    await using connection = await RawConnection.open(heddle.url);
    assert.equal((await connection.fetch('/later')).body, 'work goes on');
    assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
    assert.match(heddle.stdout, /the work is done/);
  });

  test('spreads connections over its threads', async () => {
    await using heddle = await spawnHeddle([PATHS]);
    const seen = new Set<string>();
    // The kernel hashes each connection to a thread: that all of 200 fall to one has a chance of 2 to the -199.
    for (let n = 0; n < 200 && seen.size < 2; n += 1) {
      await using connection = await RawConnection.open(heddle.url);
      seen.add((await connection.fetch('/thread')).body);
    }
    assert.deepEqual([...seen].sort(), ['0', '1']);
  });

  test('runs a function in the pool without a tasks module', async () => {
    await using heddle = await spawnHeddle([PATHS, '--idle-grace', '0']);
    await using connection = await RawConnection.open(heddle.url);
    assert.equal((await connection.fetch('/job')).body, '42');
    assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
  });
});

describe('what an app module may export', () => {
  test('a JavaScript module with a default function is an app', async () => {
    await using heddle = await spawnHeddle([`${FIXTURES}plain.js`, '-t', '1']);
    await using connection = await RawConnection.open(heddle.url);
    assert.equal((await connection.fetch('/a/b')).body, 'GET /a/b');
  });

  test('an exported function fetch is an app, with options in the default export', async () => {
    await using heddle = await spawnHeddle([`${FIXTURES}named-export.ts`]);
    assert.match(heddle.stdout, /\(1 thread: as asked/);
    await using connection = await RawConnection.open(heddle.url);
    const reply = await connection.fetch('/');
    assert.equal(reply.body, '{"method":"GET"}');
    assert.equal(reply.headers.get('content-type'), 'application/json');
  });

  test('an instance of a class is an app, called as its own method', async () => {
    await using heddle = await spawnHeddle([`${FIXTURES}instance.ts`]);
    await using connection = await RawConnection.open(heddle.url);
    assert.equal((await connection.fetch('/')).body, '1');
    assert.equal((await connection.fetch('/')).body, '2');
  });

  test("an app's error() answers for a fetch() that threw", async () => {
    await using heddle = await spawnHeddle([`${FIXTURES}own-error.ts`]);
    await using connection = await RawConnection.open(heddle.url);
    const reply = await connection.fetch('/');
    assert.equal(reply.status, 503);
    assert.equal(reply.body, 'told to error()');
  });
});
