import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { readMetrics } from '../support/metrics-page.ts';
import { RawClient } from '../support/raw-client.ts';
import { runHeddle, type SpawnedHeddle, spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { RawConnection, type RawReply } from './raw-connection.ts';

const WHO = 'test/system/fixtures/who.ts';
const DEATHS = 'test/system/fixtures/deaths.ts';
const SLOW = 'test/system/fixtures/slow.ts';

/** Asks at once, each time on a connection of its own, so that all threads are asked. */
async function askAtOnce(
  url: string,
  count: number,
  target: string,
  ...fields: string[]
): Promise<RawReply[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      await using connection = await RawConnection.open(url);
      return await connection.fetch(target, ...fields);
    }),
  );
}

function statuses(replies: readonly RawReply[]): number[] {
  return replies.map(({ status }) => status).sort();
}

function adminOf(heddle: SpawnedHeddle): string | undefined {
  return /heddle: admin on (\S+)/.exec(heddle.stdout)?.[1];
}

describe('--rate-limit', () => {
  test('lets exactly as many requests of a client pass over all threads, and tells the others when to come', async () => {
    const flags = ['-t', '2', '--rate-limit', '5/h', '--admin', '0'];
    await using heddle = await spawnHeddle([WHO, ...flags]);
    const replies = await askAtOnce(heddle.url, 30, '/');
    assert.deepEqual(statuses(replies), [...Array(5).fill(200), ...Array(25).fill(429)]);
    for (const { status, body } of replies) {
      if (status === 429) assert.equal(body, '429 Too Many Requests\n');
    }
    const refused = replies.find(({ status }) => status === 429)?.headers;
    const seconds = Number(refused?.get('retry-after'));
    assert.ok(seconds > 600 && seconds <= 720, `${seconds} s`);
    assert.equal(refused?.get('ratelimit-policy'), '"default";q=5;w=3600');
    assert.equal(refused?.get('ratelimit'), `"default";r=0;t=${seconds}`);
    // The admin endpoint is for those who look after the server, and counts for nobody.
    for (let again = 0; again < 8; again += 1) {
      assert.equal((await fetch(`${adminOf(heddle)}livez`)).status, 200);
    }
    assert.equal((await readMetrics(adminOf(heddle))).get('heddle_http_requests_limited_total'), 25);
    assert.match(heddle.stderr, /warning server-\d 127\.0\.0\.1 asks too often: GET \/ answered 429/);
    // One line a second for each thread.
    assert.ok(heddle.stderr.split('\n').length < 25, heddle.stderr);
    assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
  });

  test('goes by the client that a trusted proxy tells of, in IPv6 by its /64', async () => {
    const flags = ['-t', '2', '--rate-limit', '2/h', '--trust-proxy', 'loopback'];
    await using heddle = await spawnHeddle([WHO, ...flags]);
    const ask = async (client: string): Promise<number[]> =>
      statuses(await askAtOnce(heddle.url, 3, '/', `X-Forwarded-For: 192.0.2.9, ${client}`));
    assert.deepEqual(await ask('192.0.2.1'), [200, 200, 429]);
    assert.deepEqual(await ask('192.0.2.2'), [200, 200, 429]);
    assert.deepEqual(await ask('2001:db8::1'), [200, 200, 429]);
    assert.deepEqual(await ask('2001:db8::2'), [429, 429, 429]);
    assert.deepEqual(await ask('2001:db8:0:1::1'), [200, 200, 429]);
  });

  test('is not got around by naming other clients where no proxy is trusted', async () => {
    await using heddle = await spawnHeddle([WHO, '-t', '1', '--rate-limit', '1/h']);
    const fates: number[] = [];
    for (const client of ['192.0.2.1', '192.0.2.2']) {
      fates.push(...statuses(await askAtOnce(heddle.url, 1, '/', `X-Forwarded-For: ${client}`)));
    }
    assert.deepEqual(fates, [200, 429]);
  });

  test('holds for folders', async () => {
    const folder = temporaryFolder();
    mkdirSync(`${folder}/site`);
    writeFileSync(`${folder}/site/a.txt`, 'a');
    await using heddle = await spawnHeddle([`${folder}/site`, '-t', '2', '--rate-limit', '3/h']);
    assert.deepEqual(statuses(await askAtOnce(heddle.url, 5, '/a.txt')), [200, 200, 200, 429, 429]);
  });

  test('holds for Node apps, which are not called', async () => {
    const flags = ['-t', '2', '--rate-limit', '3/h'];
    await using heddle = await spawnHeddle(['test/system/fixtures/node-app.ts', ...flags]);
    const replies = await askAtOnce(heddle.url, 5, '/');
    assert.deepEqual(statuses(replies), [200, 200, 200, 429, 429]);
    await using connection = await RawConnection.open(heddle.url);
    for (let again = 0; again < 2; again += 1) {
      const refused = await connection.fetch('/fail');
      assert.equal(refused.status, 429);
      assert.equal(refused.headers.get('ratelimit-policy'), '"default";q=3;w=3600');
      assert.equal(refused.body, '429 Too Many Requests\n');
    }
    assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
    assert.doesNotMatch(heddle.stderr, /fails here/);
  });

  test('holds for upgrades of Node apps, whose connection ends where they are refused', async () => {
    await using heddle = await spawnHeddle([
      'test/system/fixtures/upgrades.ts',
      '-t',
      '1',
      '--rate-limit',
      '1/h',
    ]);
    const replies: RawReply[] = [];
    for (let again = 0; again < 2; again += 1) {
      await using connection = await RawConnection.open(heddle.url);
      replies.push(await connection.fetch('/', 'Connection: Upgrade', 'Upgrade: none'));
      assert.equal(await connection.untilEnd(), '');
    }
    assert.deepEqual(
      replies.map(({ status, headers }) => [status, headers.get('connection'), headers.has('retry-after')]),
      [
        [101, 'Upgrade', false],
        [429, 'close', true],
      ],
    );
  });

  test('is remembered over a reload, and over the death of every thread', async () => {
    await using heddle = await spawnHeddle([DEATHS, '-t', '1', '--rate-limit', '3/h']);
    assert.deepEqual(statuses(await askAtOnce(heddle.url, 1, '/thread')), [200]);
    process.kill(heddle.pid, 'SIGHUP');
    await heddle.waitForOutput(/generation 2 serves/);
    assert.deepEqual(statuses(await askAtOnce(heddle.url, 1, '/thread')), [200]);
    await using doomed = await RawConnection.open(heddle.url);
    doomed.get('/throw');
    await heddle.waitForOutput(/(?:ready in \d+\n[\s\S]*?){3}/);
    assert.deepEqual(statuses(await askAtOnce(heddle.url, 1, '/thread')), [429]);
  });

  test('that is no rate is refused', async () => {
    const { code, stderr } = await runHeddle([WHO, '--rate-limit', 'often']);
    assert.equal(code, 1);
    assert.match(stderr, /--rate-limit: "often" is not a rate such as "10\/s"/);
  });
});

/** Connects so often, asks on each, and keeps them open: those that were answered. */
async function connectAndAsk(url: string, count: number, target = '/'): Promise<RawClient[]> {
  const port = Number(new URL(url).port);
  const clients = await Promise.all(Array.from({ length: count }, () => RawClient.open(port)));
  const answers = await Promise.allSettled(
    clients.map((client) => {
      client.send(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
      return client.reply();
    }),
  );
  return clients.filter((_, at) => answers[at]?.status === 'fulfilled');
}

function closeAll(clients: readonly RawClient[]): void {
  for (const client of clients) client[Symbol.dispose]();
}

describe('--max-connections-per-ip', () => {
  test('keeps exactly as many connections of a client over all threads, and takes others when some have gone', async () => {
    const flags = ['-t', '2', '--max-connections-per-ip', '6', '--admin', '0'];
    await using heddle = await spawnHeddle([WHO, ...flags]);
    const kept = await connectAndAsk(heddle.url, 30);
    assert.equal(kept.length, 6);
    assert.equal((await readMetrics(adminOf(heddle))).get('heddle_connections_dropped_total'), 24);
    assert.match(
      heddle.stderr,
      /warning server-\d --max-connections-per-ip is reached: a connection from 127/,
    );
    closeAll(kept.splice(0, 2));
    while (kept.length < 6) kept.push(...(await connectAndAsk(heddle.url, 1)));
    assert.deepEqual(await connectAndAsk(heddle.url, 4), []);
    closeAll(kept);
    assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
  });

  test('forgets the connections of a thread that has died', async () => {
    await using heddle = await spawnHeddle([DEATHS, '-t', '2', '--max-connections-per-ip', '6']);
    const kept = await connectAndAsk(heddle.url, 6, '/thread');
    assert.equal(kept.length, 6);
    for (let death = 1; death <= 2; death += 1) {
      const doomed = kept.pop() ?? assert.fail();
      doomed.send('GET /throw HTTP/1.1\r\nHost: a\r\n\r\n');
      await doomed.rest();
      closeAll(kept);
      kept.length = 0;
      // One that was left over would be missing for ever.
      while (kept.length < 6) kept.push(...(await connectAndAsk(heddle.url, 1, '/thread')));
    }
    closeAll(kept);
  });

  test('leaves the connections of trusted proxies alone', async () => {
    const flags = ['-t', '1', '--max-connections-per-ip', '1', '--trust-proxy', '127.0.0.1'];
    await using heddle = await spawnHeddle([WHO, ...flags]);
    const kept = await connectAndAsk(heddle.url, 8);
    assert.equal(kept.length, 8);
    closeAll(kept);
  });

  test('holds for Node apps', async () => {
    const flags = ['-t', '1', '--max-connections-per-ip', '2'];
    await using heddle = await spawnHeddle(['test/system/fixtures/node-app.ts', ...flags]);
    const kept = await connectAndAsk(heddle.url, 5);
    assert.equal(kept.length, 2);
    closeAll(kept);
  });

  test('that would limit nobody, every peer being a proxy, is refused', async () => {
    const flags = ['--max-connections-per-ip', '1', '--trust-proxy', '1'];
    const { code, stderr } = await runHeddle([WHO, ...flags, '--port', '0']);
    assert.equal(code, 1);
    assert.match(stderr, /limits nothing with --trust-proxy 1.*Name the proxies by their addresses/);
    const checked = await runHeddle(['check', WHO, ...flags]);
    assert.match(checked.stdout, /^problem +options +--max-connections-per-ip 1 limits nothing/m);
  });
});

describe('--shed-lag', () => {
  test('answers 503 at once where the thread lags, and all again when it does not', async () => {
    await using heddle = await spawnHeddle([SLOW, '-t', '1', '--shed-lag', '200ms']);
    const replies = await askAtOnce(heddle.url, 20, '/?150');
    const answered = replies.filter(({ status }) => status === 200);
    const shed = replies.filter(({ status }) => status === 503);
    assert.equal(answered.length + shed.length, 20);
    assert.ok(answered.length > 0 && shed.length > 0, `${answered.length} answered`);
    assert.equal(shed[0]?.headers.get('retry-after'), '1');
    assert.equal(shed[0]?.body, '503 Service Unavailable\n');
    assert.match(heddle.stderr, /warning server-0 the thread lags: GET \/\?150 answered 503/);
    while (statuses(await askAtOnce(heddle.url, 1, '/?0'))[0] !== 200);
    assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
  });
});
