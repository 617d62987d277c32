import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { runHeddle, spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { RawConnection } from './raw-connection.ts';

const LATE = 'test/system/fixtures/late.ts';
const OWN = 'test/system/fixtures/own-deadline.ts';

describe('the deadline for an answer', () => {
  test('that --request-timeout sets is a 503, a line of the log, and no failure of the app', async () => {
    await using heddle = await spawnHeddle([LATE, '-t', '1', '--request-timeout', '50ms']);
    await using connection = await RawConnection.open(heddle.url);
    const late = await connection.fetch('/throw');
    assert.equal(late.status, 503);
    assert.equal(late.headers.get('retry-after'), undefined);
    assert.equal((await connection.fetch('/')).body, 'in time');
    await heddle.waitForOutput(
      /warning server-0 GET \/throw timed out: no answer after \d+ ms; answered 503\n/,
    );
    assert.deepEqual(await heddle.stop('SIGINT'), { code: 0, signal: null }, heddle.stderr);
    assert.doesNotMatch(heddle.stderr, /failed/);
  });

  test('may stand in the app module', async () => {
    await using heddle = await spawnHeddle([OWN, '-t', '1']);
    await using connection = await RawConnection.open(heddle.url);
    assert.equal((await connection.fetch('/')).status, 503);
  });

  test('may stand in the environment', async () => {
    await using heddle = await spawnHeddle([LATE, '-t', '1'], { env: { HEDDLE_REQUEST_TIMEOUT: '50ms' } });
    await using connection = await RawConnection.open(heddle.url);
    assert.equal((await connection.fetch('/never')).status, 503);
  });

  test('is a duration', async () => {
    const { code, stderr } = await runHeddle([LATE, '--request-timeout', 'soon']);
    assert.equal(code, 1);
    assert.match(stderr, /--request-timeout: "soon" is not a duration/);
  });
});

describe('a job whose request has timed out', () => {
  test('leaves the queue where it has the signal of the request, else it runs', async () => {
    const release = join(temporaryFolder(), 'release');
    const env = { TEST_RELEASE: release };
    const flags = ['-t', '1', '--request-timeout', '200ms', '--idle-grace', '0'];
    await using heddle = await spawnHeddle([LATE, ...flags], { env });
    // The one pool thread is held, by a job of a request that is answered for too: a running job is not ended.
    await using holder = await RawConnection.open(heddle.url);
    holder.get('/hold');
    await heddle.waitForOutput(/^holding$/m);
    for (const path of ['/give-up', '/go-on']) {
      await using connection = await RawConnection.open(heddle.url);
      assert.equal((await connection.fetch(path)).status, 503);
    }
    assert.equal((await holder.reply()).status, 503);
    await heddle.waitForOutput(/^the job rejected with TimeoutError$/m);
    writeFileSync(release, '');
    await heddle.waitForOutput(/^a job has gone on$/m);
    assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
    assert.doesNotMatch(heddle.stdout, /a job has given up/);
  });
});
