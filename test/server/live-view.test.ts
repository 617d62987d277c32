import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Log } from '#observe/log.ts';
import type { LivePoint, LiveSnapshot } from '#server/live-snapshot.ts';
import { serve } from '#server/serve.ts';
import { RawClient } from '../support/raw-client.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const silent: Log = { write: () => undefined };
const quick = { port: 0, idleGraceMs: 0, threads: 1, admin: '0' } as const;
const APP = `export default { async fetch(request) {
  const { pathname } = new URL(request.url);
  if (pathname === '/late') return new Promise(() => {});
  if (pathname === '/boom') throw new Error('The app has failed.');
  if (pathname === '/die') setImmediate(() => { throw new Error('The thread has died.'); });
  return new Response('hello');
} };`;
const start = () =>
  serve({ ...quick, app: `${temporaryFolder({ 'app.mjs': APP })}/app.mjs` }, { log: silent });

async function snapshotOf(admin: string | undefined): Promise<LiveSnapshot> {
  const response = await fetch(`${admin}snapshot`, { headers: { connection: 'close' } });
  return (await response.json()) as LiveSnapshot;
}

const portOf = (url: string | undefined) => Number(new URL(url ?? '').port);
const EVENTS = 'GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n';

/** The content of the next event of a name. */
async function next<Content>(client: RawClient, event: string): Promise<Content> {
  await client.until(`event: ${event}\ndata: `);
  return JSON.parse((await client.until('\n\n')).trim()) as Content;
}

describe('the live view', () => {
  test('shows the requests that a thread is at, without their queries, and why threads have died', async () => {
    await using server = await start();
    using late = await RawClient.open(server.address.port);
    late.send('GET /late?token=secret HTTP/1.1\r\nhost: a\r\n\r\n');
    let snapshot = await snapshotOf(server.admin);
    while (snapshot.server[0]?.at.length !== 1) snapshot = await snapshotOf(server.admin);
    assert.equal(snapshot.server[0]?.at[0]?.line, 'GET /late');
    assert.deepEqual([snapshot.inFlight, snapshot.connections, snapshot.ready], [1, 1, 'ok']);
    using die = await RawClient.open(server.address.port);
    die.send('GET /die HTTP/1.1\r\nhost: a\r\n\r\n');
    await die.rest();
    while (snapshot.totals.deaths === 0) snapshot = await snapshotOf(server.admin);
    assert.match(
      snapshot.entries[0]?.message ?? '',
      /^server-0 died \(error\).*\n.*The thread has died\.\n +at /,
    );
    assert.equal(snapshot.totals.codes.none, 1);
  });

  test('shows requests at which the app failed, with its stack', async () => {
    await using server = await start();
    const answer = await fetch(`${server.url}boom?token=secret`);
    assert.equal(answer.status, 500);
    await answer.text();
    let [entry] = (await snapshotOf(server.admin)).entries;
    while (entry === undefined) [entry] = (await snapshotOf(server.admin)).entries;
    assert.match(
      entry.message,
      /^server-0 GET \/boom failed: answered 500\n +Error: The app has failed\.\n +at .*app\.mjs/,
    );
    assert.equal(entry.severity, 'error');
  });

  test('is told as a stream of events: the past first, then each second how it is', async () => {
    await using server = await start();
    using watcher = await RawClient.open(portOf(server.admin));
    watcher.send(EVENTS);
    const head = await watcher.until('\r\n\r\n');
    assert.match(head, /content-type: text\/event-stream\r\n/);
    assert.doesNotMatch(head, /access-control/);
    assert.ok(Array.isArray(await next<LivePoint[]>(watcher, 'history')));
    await next<LiveSnapshot>(watcher, 'snapshot');
    for (let n = 0; n < 5; n += 1) await (await fetch(server.url)).text();
    let requests = 0;
    while (requests === 0) requests = (await next<LiveSnapshot>(watcher, 'snapshot')).now.requests;
    assert.ok(requests > 0);
  });

  test('has a limit of watchers; one that leaves makes room; none holds up the end', async () => {
    const server = await start();
    const watchers: RawClient[] = [];
    for (let n = 0; n < 20; n += 1) {
      const watcher = await RawClient.open(portOf(server.admin));
      watchers.push(watcher);
      watcher.send(EVENTS);
      assert.match(await watcher.until('\r\n\r\n'), /^HTTP\/1.1 200 /);
    }
    using more = await RawClient.open(portOf(server.admin));
    more.send(EVENTS);
    assert.match(await more.reply(), /^HTTP\/1.1 503 /);
    watchers[0]?.reset();
    for (let status = '503'; status !== '200'; ) {
      using again = await RawClient.open(portOf(server.admin));
      again.send(EVENTS);
      status = (await again.until('\r\n\r\n')).slice(9, 12);
    }
    const begin = performance.now();
    await server.close();
    assert.ok(performance.now() - begin < 2000);
    for (const watcher of watchers) watcher[Symbol.dispose]();
  });

  test('answers no page of another origin, which could hold all its places; a link leads there', async () => {
    await using server = await start();
    const evil = { origin: 'http://evil.example' };
    const site = (kind: string, dest = 'empty') => ({ 'sec-fetch-site': kind, 'sec-fetch-dest': dest });
    for (const [fields, status] of [
      [evil, 403],
      [{ origin: (server.admin ?? '').slice(0, -1) }, 200],
      [site('cross-site'), 403],
      [site('cross-site', 'iframe'), 403],
      [site('same-site', 'image'), 403],
      [site('cross-site', 'document'), 200],
      [site('same-origin'), 200],
      [site('none', 'document'), 200],
    ] as const) {
      using client = await RawClient.open(portOf(server.admin));
      const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
      const host = new URL(server.admin ?? '').host;
      client.send(`GET /snapshot HTTP/1.1\r\nhost: ${host}\r\n${lines.join('')}\r\n`);
      assert.equal(Number((await client.until('\r\n\r\n')).slice(9, 12)), status, JSON.stringify(fields));
    }
  });

  test('is for its own origin only', async () => {
    await using server = await start();
    const page = await fetch(server.admin ?? '');
    const text = await page.text();
    const fields = page.headers;
    assert.equal(fields.get('access-control-allow-origin'), null);
    assert.equal(fields.get('cross-origin-resource-policy'), 'same-origin');
    assert.match(fields.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/);
    assert.doesNotMatch(text, /\bsrc=|https?:\/\/(?!www\.w3\.org)/);
    for (const [path, status] of [
      ...[
        ['', 421],
        ['metrics', 421],
        ['threads', 421],
        ['events', 421],
        ['snapshot', 421],
      ],
      ...[
        ['livez', 200],
        ['readyz', 200],
      ],
    ] as const) {
      using client = await RawClient.open(portOf(server.admin));
      client.send(`GET /${path} HTTP/1.1\r\nhost: evil.example:7879\r\nconnection: close\r\n\r\n`);
      assert.equal(Number((await client.until('\r\n\r\n')).slice(9, 12)), status, path);
    }
  });
});
