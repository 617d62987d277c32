import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { RawConnection } from './raw-connection.ts';

const APP = 'examples/hello/app.ts';
const env = { HELLO_SLEEP_MS: '400' };

/** What a connection gets that comes after the last request: nothing, however the server turns it away. */
async function answerToLatecomer(url: string): Promise<string> {
  try {
    await using connection = await RawConnection.open(url);
    connection.get('/');
    return await connection.untilGone();
  } catch {
    return '';
  }
}

describe('--max-requests', () => {
  test('answers exactly so many over all threads, then shuts down in the words of the book', async () => {
    await using heddle = await spawnHeddle([APP, '--max-requests', '2', '--threads', '3'], { env });
    await using page = await RawConnection.open(heddle.url);
    await using sleeper = await RawConnection.open(heddle.url);
    assert.equal((await page.fetch('/')).status, 200);
    sleeper.get('/sleep');
    await heddle.waitForOutput(/Worker \d got a job; executing\./);
    assert.equal(await answerToLatecomer(heddle.url), '');
    const slept = await sleeper.reply();
    assert.equal(slept.status, 200);
    assert.equal(slept.headers.get('connection'), 'close');
    assert.deepEqual(await heddle.exited, { code: 0, signal: null }, heddle.stderr);
    assert.equal(heddle.stderr, '');
    const lines = heddle.stdout.trimEnd().split('\n').slice(1);
    const ends = lines.filter((line) => line.startsWith('Shutting down worker'));
    // As many as the pool has threads, and that is never less than the book's four.
    assert.ok(ends.length >= 4);
    assert.deepEqual(
      ends,
      ends.map((_, worker) => `Shutting down worker ${worker}`),
    );
    assert.ok(lines.indexOf('Shutting down.') < lines.indexOf('Shutting down worker 0'));
    assert.equal(lines.filter((line) => /^Worker \d+ got a job; executing\.$/.test(line)).length, 1);
    assert.deepEqual(
      lines.filter((line) => line.endsWith(' disconnected; shutting down.')).sort(),
      ends.map((_, worker) => `Worker ${worker} disconnected; shutting down.`).sort(),
    );
    assert.equal(lines.length, 2 + 2 * ends.length);
  });

  test('counts requests and not connections: the third request of one connection is not answered', async () => {
    await using heddle = await spawnHeddle([APP, '--max-requests', '2', '--threads', '2'], { env });
    await using connection = await RawConnection.open(heddle.url);
    const request = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
    connection.send(request + request + request);
    assert.equal((await connection.reply()).status, 200);
    assert.equal((await connection.reply()).status, 200);
    assert.equal(await connection.untilEnd(), '');
    assert.deepEqual(await heddle.exited, { code: 0, signal: null }, heddle.stderr);
  });
});
