import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { PROJECT_ROOT, spawnHeddle } from '../support/spawn-heddle.ts';
import { RawConnection, type RawReply } from './raw-connection.ts';

const APP = 'examples/hello/app.ts';
const HELLO = readFileSync(`${PROJECT_ROOT}examples/hello/public/hello.html`, 'latin1');
const NOT_FOUND = readFileSync(`${PROJECT_ROOT}examples/hello/public/404.html`, 'latin1');

function assertPage(reply: RawReply, status: number, page: string): void {
  assert.equal(reply.status, status);
  assert.equal(reply.body, page);
  assert.equal(reply.headers.get('content-length'), String(page.length));
  assert.equal(reply.headers.get('content-type'), 'text/html; charset=utf-8');
}

describe('the hello site', () => {
  test('answers / with its page and everything else with 404 and its other page', async () => {
    await using heddle = await spawnHeddle([APP, '--threads', '1']);
    await using connection = await RawConnection.open(heddle.url);
    assertPage(await connection.fetch('/'), 200, HELLO);
    assertPage(await connection.fetch('/?a=1'), 200, HELLO);
    for (const target of ['/nowhere', '/sleepy', '/sleep/']) {
      assertPage(await connection.fetch(target), 404, NOT_FOUND);
    }
    connection.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n');
    assertPage(await connection.reply(), 404, NOT_FOUND);
  });

  test('answers / at once while sleeps block the threads of the pool', async () => {
    const env = { HELLO_SLEEP_MS: '1500' };
    await using heddle = await spawnHeddle([APP, '--threads', '1', '--pool-threads', '2'], { env });
    await using sleeper = await RawConnection.open(heddle.url);
    await using other = await RawConnection.open(heddle.url);
    const order: string[] = [];
    const slept = sleeper.fetch('/sleep').then((reply) => {
      order.push('/sleep');
      return reply;
    });
    await heddle.waitForOutput(/Worker \d got a job; executing\./);
    assertPage(await other.fetch('/'), 200, HELLO);
    order.push('/');
    assertPage(await slept, 200, HELLO);
    assert.deepEqual(order, ['/', '/sleep']);
  });

  test('runs as many sleeps side by side as the pool has threads; the next waits for one of them', async () => {
    const env = { HELLO_SLEEP_MS: '1500' };
    await using heddle = await spawnHeddle([APP, '--threads', '1', '--pool-threads', '2'], { env });
    const order: string[] = [];
    const jobs = () => heddle.stdout.match(/Worker \d got a job/g) ?? [];
    const sleep = async (name: string): Promise<void> => {
      await using connection = await RawConnection.open(heddle.url);
      assertPage(await connection.fetch('/sleep'), 200, HELLO);
      order.push(name);
    };
    const first = sleep('first');
    await heddle.waitForOutput(/got a job/);
    const second = sleep('second');
    await heddle.waitForOutput(/got a job[\s\S]*got a job/);
    // Both are at it, and none is done: they run side by side.
    assert.deepEqual(order, []);
    assert.equal(new Set(jobs()).size, 2);
    const third = sleep('third');
    await Promise.race([first, second]);
    await third;
    assert.equal(order.at(-1), 'third');
    assert.equal(jobs().length, 3);
    await Promise.all([first, second]);
  });
});
