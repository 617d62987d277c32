import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { canDuplicateConnections } from '#native/socket-descriptor.ts';
import type { Log } from '#observe/log.ts';
import { serve } from '#server/serve.ts';
import type { ServeOptions } from '#server/serve-targets.ts';
import { type MetricsPage, readMetrics, readQuietMetrics, requestsOf } from '../support/metrics-page.ts';
import { RawClient } from '../support/raw-client.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const CANNOT_MOVE = !canDuplicateConnections() && 'this Node cannot move connections between threads';

const quick = {
  port: 0,
  idleGraceMs: 0,
  lingerMs: 100,
  threads: 1,
  admin: '0',
  requestTimeoutMs: 300,
} as const;
const silent: Log = { write: () => undefined };
const start = (code: string, options: Partial<ServeOptions> = {}) => {
  const folder = temporaryFolder({ 'app.mjs': code, 'tasks.mjs': TASKS });
  return serve({ ...quick, ...options, app: `${folder}/app.mjs` } as ServeOptions, { log: silent });
};

const APP = `export default { async fetch(request) {
  const { pathname } = new URL(request.url);
  switch (pathname) {
    case '/same': return new Response(null, { status: 304 });
    case '/missing': return new Response('no', { status: 404 });
    case '/moved': return Response.redirect(new URL('/', request.url), 307);
    case '/boom': throw new Error('boom');
    case '/late': return new Promise(() => {});
    case '/die': process.exit(1);
    case '/read': return new Response(await request.text());
    case '/endless': return new Response(new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        controller.enqueue(new Uint8Array(100));
      } }));
  }
  return new Response('hello');
} };`;
const TASKS = `export const add = (a, b) => a + b;
  export const fail = () => { throw new Error('no'); };
  export const spin = (ms) => { const end = Date.now() + ms; while (Date.now() < end); };`;

const REQUEST = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';

/** One request after another, on connections that are kept, until there are enough. */
async function ask(port: number, isEnough: () => boolean): Promise<{ answered: number; lost: number }> {
  const seen = { answered: 0, lost: 0 };
  while (!isEnough()) {
    using client = await RawClient.open(port);
    try {
      let isLast = false;
      while (!isLast && !isEnough()) {
        client.send(REQUEST);
        isLast = (await client.until('hello')).includes('connection: close');
        seen.answered += 1;
      }
    } catch {
      seen.lost += 1;
    }
  }
  return seen;
}

/** Some requests at once on one connection, the last of which ends it. */
async function pipeline(port: number, count: number): Promise<number> {
  using client = await RawClient.open(port);
  client.send(REQUEST.repeat(count - 1) + REQUEST.replace('host: a', 'host: a\r\nconnection: close'));
  return (await client.rest()).text.split('hello').length - 1;
}

const durations = (page: MetricsPage) => page.get('heddle_http_request_duration_seconds_count');

describe('metrics, against what clients have counted', () => {
  test('are exact over threads, pipelines, a death and a reload', { timeout: 60_000 }, async () => {
    await using server = await start(APP, { threads: 2 });
    const { port } = server.address;
    const piped = await Promise.all(Array.from({ length: 20 }, () => pipeline(port, 50)));
    const expected = piped.reduce((sum, answers) => sum + answers, 0);
    assert.equal(expected, 1000);
    assert.equal(requestsOf(await readQuietMetrics(server.admin), '2xx'), expected);

    let isOver = false;
    const clients = Array.from({ length: 6 }, () => ask(port, () => isOver));
    // In the midst of that load one thread dies with what it has, and all are replaced.
    for (let deaths = 0; deaths < 2; deaths += 1) {
      using client = await RawClient.open(port);
      client.send('GET /die HTTP/1.1\r\nhost: a\r\n\r\n');
      await client.rest();
    }
    await server.reload();
    const before = requestsOf(await readMetrics(server.admin), '2xx');
    while (requestsOf(await readMetrics(server.admin), '2xx') < before + 200);
    isOver = true;
    const seen = await Promise.all(clients);
    const answered = seen.reduce((sum, each) => sum + each.answered, 0);
    const lost = seen.reduce((sum, each) => sum + each.lost, 0);

    const page = await readQuietMetrics(server.admin);
    assert.equal(requestsOf(page, '2xx'), expected + answered);
    const none = requestsOf(page, 'none');
    assert.ok(none >= 2 && none <= 2 + lost, `${none} without an answer, ${lost} lost`);
    assert.equal(page.get('heddle_http_requests_aborted_total'), none);
    assert.equal(durations(page), expected + answered);
    assert.equal(page.get('heddle_thread_deaths_total{kind="server",cause="exit"}'), 2);
    assert.equal(page.get('heddle_reloads_total{result="done"}'), 1);
    assert.equal(page.get('heddle_generation'), 2);
    const [accepted, closed] = ['accepted', 'closed'].map((what) =>
      page.get(`heddle_connections_${what}_total`),
    );
    assert.equal(accepted, closed);
  });

  const ended = (method: string, code: string) =>
    `heddle_http_requests_total{method="${method}",code="${code}"}`;
  const cases: readonly [what: string, sent: string, counted: Readonly<Record<string, number>>][] = [
    ['an answer', REQUEST, { [ended('GET', '2xx')]: 1 }],
    ['HEAD', REQUEST.replace('GET', 'HEAD'), { [ended('HEAD', '2xx')]: 1 }],
    ['304', REQUEST.replace('/', '/same'), { [ended('GET', '3xx')]: 1 }],
    ['a redirect', REQUEST.replace('/', '/moved'), { [ended('GET', '3xx')]: 1 }],
    ['404', REQUEST.replace('/', '/missing'), { [ended('GET', '4xx')]: 1 }],
    [
      'a failure',
      REQUEST.replace('/', '/boom'),
      { [ended('GET', '5xx')]: 1, heddle_http_request_failures_total: 1 },
    ],
    ['a method of its own', REQUEST.replace('GET', 'BREW'), { [ended('other', '2xx')]: 1 }],
    [
      'a timeout',
      REQUEST.replace('/', '/late'),
      { [ended('GET', '5xx')]: 1, heddle_http_request_timeouts_total: 1 },
    ],
    [
      'a refused head',
      'GET / HTTP/1.1\r\n\r\n',
      { 'heddle_http_refusals_total{reason="host-missing",status="400"}': 1 },
    ],
    [
      'refused content',
      'POST /read HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nx',
      {
        [ended('POST', '4xx')]: 1,
        'heddle_http_refusals_total{reason="chunk-size-invalid",status="400"}': 1,
      },
    ],
  ];
  for (const [what, sent, counted] of cases) {
    test(`count ${what} once, with its bytes`, async () => {
      await using server = await start(APP);
      using client = await RawClient.open(server.address.port);
      client.send(sent);
      await client.until('\r\n\r\n');
      client.halfClose();
      await client.rest();
      const page = await readQuietMetrics(server.admin);
      for (const [key, count] of Object.entries(counted)) assert.equal(page.get(key), count, key);
      const requests = Object.keys(counted).filter((key) => key.includes('requests_total{')).length;
      assert.equal(requestsOf(page), requests);
      assert.equal(durations(page), requests);
      assert.equal(page.get('heddle_http_requests_aborted_total'), 0);
      assert.equal(page.get('heddle_http_received_bytes_total'), client.socket.bytesWritten);
      assert.equal(page.get('heddle_http_sent_bytes_total'), client.socket.bytesRead);
      assert.equal(page.get('heddle_connections_accepted_total'), 1);
    });
  }

  test('count the bytes of files, from memory, streamed and in ranges', async () => {
    const folder = temporaryFolder({ 'small.txt': 'x'.repeat(1000), 'large.bin': new Uint8Array(3_000_000) });
    await using server = await serve({ ...quick, static: folder }, { log: silent });
    using client = await RawClient.open(server.address.port);
    const get = (path: string, more = '') => `GET /${path} HTTP/1.1\r\nhost: a\r\n${more}\r\n`;
    for (let times = 0; times < 3; times += 1) client.send(get('small.txt') + get('large.bin'));
    client.send(get('large.bin', 'range: bytes=5-9,20-29\r\n') + get('small.txt', 'connection: close\r\n'));
    await client.rest();
    client.halfClose();
    const page = await readQuietMetrics(server.admin);
    assert.equal(requestsOf(page, '2xx'), 8);
    assert.equal(page.get('heddle_http_sent_bytes_total'), client.socket.bytesRead);
    assert.equal(page.get('heddle_http_received_bytes_total'), client.socket.bytesWritten);
  });

  test('count clients that leave, before the answer and in it', async () => {
    await using server = await start(APP, { requestTimeoutMs: 0 });
    const { port } = server.address;
    using first = await RawClient.open(port);
    first.send(REQUEST.replace('/', '/late'));
    while ((await readMetrics(server.admin)).get('heddle_http_requests_in_flight') !== 1);
    first.reset();
    using second = await RawClient.open(port);
    second.send(REQUEST.replace('/', '/endless'));
    await second.until('\r\n\r\n');
    second.reset();
    const page = await readQuietMetrics(server.admin);
    assert.equal(page.get(ended('GET', 'none')), 1);
    assert.equal(page.get(ended('GET', '2xx')), 1);
    assert.equal(page.get('heddle_http_requests_aborted_total'), 2);
  });

  test('count the requests of a Node app, with its bytes', async () => {
    await using server = await start(`import { createServer } from 'node:http';
      export default createServer((request, response) => {
        if (request.url === '/late') return;
        response.statusCode = { '/missing': 404, '/odd': 999 }[request.url] ?? 200;
        response.end('hello');
      });`);
    const { port } = server.address;
    assert.equal(await pipeline(port, 20), 20);
    using odd = await RawClient.open(port);
    odd.send('PROPFIND /odd HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    await odd.rest();
    let received = 0;
    let sent = 0;
    for (const path of ['/missing', '/late']) {
      using client = await RawClient.open(port);
      client.send(`GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`);
      await client.rest();
      received += client.socket.bytesWritten;
      sent += client.socket.bytesRead;
    }
    using refused = await RawClient.open(port);
    refused.send('nonsense\r\n\r\n');
    await refused.rest();
    using leaving = await RawClient.open(port);
    leaving.send('GET /late HTTP/1.1\r\nhost: a\r\n\r\n');
    while ((await readMetrics(server.admin)).get('heddle_http_requests_in_flight') !== 1);
    leaving.reset();
    const page = await readQuietMetrics(server.admin);
    const codes = ['2xx', '4xx', '5xx', 'none', 'other'].map((code) => requestsOf(page, code));
    assert.deepEqual(codes, [20, 1, 1, 1, 1]);
    assert.equal(page.get('heddle_http_requests_total{method="other",code="other"}'), 1);
    assert.equal(page.get('heddle_http_requests_aborted_total'), 1);
    assert.ok((page.get('heddle_http_received_bytes_total') ?? 0) > received);
    assert.ok((page.get('heddle_http_sent_bytes_total') ?? 0) > sent);
    assert.equal(page.get('heddle_connections_accepted_total'), 6);
    assert.equal(page.get('heddle_http_refusals_total{reason="node",status="4xx"}'), 1);
  });

  test('count jobs, those that wait, fail, are refused, and are lost with their thread', async () => {
    const code = `export default { tasks: './tasks.mjs', poolThreads: 1, poolQueue: 1,
      async fetch(request, { pool }) {
        const { pathname } = new URL(request.url);
        if (pathname === '/die') { setTimeout(() => process.exit(1), 20); await pool.execute('spin', [2000]); }
        if (pathname === '/fail') await pool.execute('fail').catch(() => {});
        if (pathname === '/full') await Promise.all(Array.from({ length: 4 }, () => pool.execute('spin', [100])));
        return new Response(String(await pool.execute('add', [1, 2])));
      } };`;
    await using server = await start(code, { requestTimeoutMs: 0 });
    const status = async (path: string) => {
      const response = await fetch(`${server.url}${path}`, { headers: { connection: 'close' } });
      await response.arrayBuffer();
      return response.status;
    };
    assert.equal(await status(''), 200);
    assert.equal(await status('fail'), 200);
    const result = (page: MetricsPage, name: string) => page.get(`heddle_pool_jobs_total{result="${name}"}`);
    const calm = await readQuietMetrics(server.admin);
    assert.deepEqual(
      ['completed', 'failed', 'refused', 'lost'].map((name) => result(calm, name)),
      [2, 1, 0, 0],
    );
    assert.equal(calm.get('heddle_pool_jobs_given_total'), 3);
    assert.equal(calm.get('heddle_pool_job_run_seconds_count'), 3);
    assert.equal(await status('full'), 503);
    const full = await readQuietMetrics(server.admin);
    assert.equal(full.get('heddle_http_requests_shed_total'), 1);
    assert.ok((result(full, 'refused') ?? 0) >= 1);
    const isSettled = (page: MetricsPage) =>
      page.get('heddle_pool_jobs_given_total') ===
      (result(page, 'completed') ?? 0) + (result(page, 'failed') ?? 0);
    while (!isSettled(await readMetrics(server.admin)));
    await assert.rejects(status('die'));
    const dead = await readQuietMetrics(server.admin);
    const of = (name: string) => result(dead, name) ?? Number.NaN;
    assert.ok(of('lost') >= 1);
    assert.equal(dead.get('heddle_pool_jobs_given_total'), of('completed') + of('failed') + of('lost'));
  });

  test('say how late a thread is that does not come back', async () => {
    const code = `export default { fetch() { const end = Date.now() + 1200; while (Date.now() < end); return new Response('x'); } };`;
    await using server = await start(code);
    const asked = fetch(server.url);
    const lag = async () =>
      (await readMetrics(server.admin)).get('heddle_thread_lag_seconds{kind="server",thread="0"}');
    while (((await lag()) ?? 0) < 0.3);
    await (await asked).text();
  });

  test('count the connections of a thread that hung where they went', { skip: CANNOT_MOVE }, async () => {
    const code = `export default { fetch(request) {
      while (new URL(request.url).pathname === '/hang');
      return new Response('hello'); } };`;
    await using server = await start(code, {
      threads: 2,
      stallMs: 100,
      hangTimeoutMs: 300,
      requestTimeoutMs: 0,
    });
    const clients = await Promise.all(Array.from({ length: 8 }, () => RawClient.open(server.address.port)));
    const askAll = async () => {
      for (const client of clients) client.send(REQUEST);
      for (const client of clients) await client.until('hello');
    };
    await askAll();
    using hung = await RawClient.open(server.address.port);
    hung.send(REQUEST.replace('/', '/hang'));
    assert.match((await hung.rest()).text, /^HTTP\/1.1 503 /);
    await askAll();
    for (const client of clients) client[Symbol.dispose]();
    const page = await readQuietMetrics(server.admin);
    assert.equal(requestsOf(page, '2xx'), 16);
    // The thread that was asked gave no answer; the supervisor did in its place.
    assert.equal(page.get(ended('GET', '5xx')), 1);
    assert.equal(requestsOf(page, 'none'), 0);
    assert.equal(page.get('heddle_http_requests_aborted_total'), 0);
    assert.equal(durations(page), 16);
    assert.equal(page.get('heddle_connections_accepted_total'), 9);
    const adopted = page.get('heddle_connections_adopted_total') ?? Number.NaN;
    assert.equal(page.get('heddle_connections_closed_total'), 9 + adopted);
    assert.equal(page.get('heddle_thread_deaths_total{kind="server",cause="terminated"}'), 1);
  });

  test('count connections above the limit', async () => {
    await using server = await start(APP, { maxConnections: 1 });
    using first = await RawClient.open(server.address.port);
    first.send(REQUEST);
    await first.until('hello');
    using second = await RawClient.open(server.address.port);
    await second.rest();
    first.halfClose();
    const page = await readQuietMetrics(server.admin);
    assert.equal(page.get('heddle_connections_accepted_total'), 1);
    assert.equal(page.get('heddle_connections_dropped_total'), 1);
  });
});
