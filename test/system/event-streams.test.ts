import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RawClient } from '../support/raw-client.ts';
import { type SpawnedHeddle, spawnHeddle } from '../support/spawn-heddle.ts';

const APP = 'test/system/fixtures/streams.ts';
/** Every deadline that a connection can have, short. */
const SHORT = [
  ...['--request-timeout', '300ms', '--write-stall-timeout', '100ms', '--keep-alive', '100ms'],
  ...['--body-idle-timeout', '100ms', '--head-timeout', '100ms', '--peer-probe', '20ms'],
  ...['--linger', '100ms', '--body-grace', '100ms'],
];

function clientOf(heddle: SpawnedHeddle): Promise<RawClient> {
  return RawClient.open(Number(new URL(heddle.url).port));
}

/** Asks for an endless stream, and takes its head. */
async function openStream(heddle: SpawnedHeddle, path: string): Promise<RawClient> {
  const client = await clientOf(heddle);
  client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  assert.match(await client.until('\r\n\r\n'), /^HTTP\/1\.1 200 /);
  return client;
}

/** All that is left, and how the server ended it; our side ends behind that, so that nothing lingers. */
async function restOf(client: RawClient): Promise<{ readonly text: string; readonly end: string }> {
  const rest = await client.rest();
  client.halfClose();
  return rest;
}

describe('a stream of events', () => {
  test('outlives every deadline of its connection, silent all the while', async () => {
    await using heddle = await spawnHeddle([APP, '-t', '1', '--idle-grace', '0', ...SHORT]);
    using events = await openStream(heddle, '/events');
    using other = await openStream(heddle, '/events');
    other.reset();
    // Each of these began later, and ends by the deadline in its name, or by that of the request on a busy machine.
    const ends: readonly (readonly [string, string, RegExp])[] = [
      ['head', 'GET / HTTP/1.1\r\nHost: a', /^HTTP\/1\.1 408 /],
      ['keep-alive', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', /^HTTP\/1\.1 200 [\s\S]*hello$/],
      ['body', 'POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx', /^HTTP\/1\.1 (?:408|503) /],
      ['request', 'GET /never HTTP/1.1\r\nHost: a\r\n\r\n', /^HTTP\/1\.1 503 /],
    ];
    for (const [name, bytes, expected] of ends) {
      using witness = await clientOf(heddle);
      witness.send(bytes);
      assert.match((await restOf(witness)).text, expected, name);
    }
    // Of a client that went away the app hears; and of one that does not read, after the write stall.
    await heddle.waitForOutput(/the stream was given up/);
    using deaf = await RawClient.open(Number(new URL(heddle.url).port), { isReading: false });
    deaf.send('GET /large HTTP/1.1\r\nHost: a\r\n\r\n');
    await heddle.waitForOutput(/the large answer was given up/);
    assert.equal(await (await fetch(`${heddle.url}tick`)).text(), '1');
    await events.until('data: tick\n\n\r\n');
    process.kill(heddle.pid, 'SIGTERM');
    assert.deepEqual(await restOf(events), { text: '0\r\n\r\n', end: 'fin' });
    assert.deepEqual(await heddle.exited, { code: 0, signal: null }, heddle.stderr);
  });

  test('of an app that knows nothing of the shutdown ends with the idle grace, and the exit is 0', async () => {
    await using heddle = await spawnHeddle([
      APP,
      '-t',
      '2',
      '--idle-grace',
      '200ms',
      '--drain-timeout',
      '1h',
    ]);
    using events = await openStream(heddle, '/events');
    process.kill(heddle.pid, 'SIGTERM');
    assert.deepEqual(await restOf(events), { text: '0\r\n\r\n', end: 'fin' });
    assert.deepEqual(await heddle.exited, { code: 0, signal: null }, heddle.stderr);
    assert.match(heddle.stdout, /the stream was given up/);
    assert.equal(heddle.stderr, '');
  });

  test('ends at once where the app listens to context.draining, with a last word of its own', async () => {
    await using heddle = await spawnHeddle([APP, '-t', '2', '--idle-grace', '1h', '--drain-timeout', '1h']);
    using events = await openStream(heddle, '/told');
    using lines = await openStream(heddle, '/lines');
    process.kill(heddle.pid, 'SIGTERM');
    for (const client of [events, lines]) {
      assert.deepEqual(await restOf(client), {
        text: '12\r\nevent: bye\ndata:\n\n\r\n0\r\n\r\n',
        end: 'fin',
      });
    }
    assert.deepEqual(await heddle.exited, { code: 0, signal: null }, heddle.stderr);
    assert.doesNotMatch(heddle.stdout, /the stream was given up/);
  });

  test('is the only endless answer that ends by itself: another is cut and listed, and the exit is 1', async () => {
    await using heddle = await spawnHeddle([APP, '-t', '2', '--idle-grace', '0', '--drain-timeout', '200ms']);
    using lines = await openStream(heddle, '/deaf');
    process.kill(heddle.pid, 'SIGTERM');
    assert.equal((await restOf(lines)).text, '');
    assert.deepEqual(await heddle.exited, { code: 1, signal: null });
    assert.equal(heddle.stderr, 'heddle: cut GET /deaf\n');
  });

  test('ends at a reload too, and its client finds the new threads', async () => {
    await using heddle = await spawnHeddle([APP, '-t', '1', '--idle-grace', '50ms', '--linger', '100ms']);
    using events = await openStream(heddle, '/events');
    process.kill(heddle.pid, 'SIGHUP');
    assert.deepEqual(await restOf(events), { text: '0\r\n\r\n', end: 'fin' });
    using again = await openStream(heddle, '/events');
    assert.equal(await (await fetch(`${heddle.url}tick`)).text(), '1');
    await again.until('data: tick\n\n\r\n');
    assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
  });
});
