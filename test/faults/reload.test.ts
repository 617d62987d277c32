import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { RawConnection } from '../system/raw-connection.ts';
import { DeathsUnderLoad } from './deaths-under-load.ts';

const RELOADS = 5;
const SIZE = 2;

/** Every request was answered with 200, on connections of both kinds. */
function assertNothingLost(report: Awaited<ReturnType<DeathsUnderLoad['end']>>['report']): void {
  assert.deepEqual(report.losses, []);
  assert.deepEqual(Object.keys(report.outcomes['keep-alive']), ['status 200']);
  assert.deepEqual(Object.keys(report.outcomes.close), ['status 200']);
}

test('lines that server threads write say whose they are while there are several generations', async () => {
  await using heddle = await spawnHeddle([
    ...['examples/faults/app.ts', '--threads', '1'],
    ...['--idle-grace', '10m', '--drain-timeout', '10m'],
  ]);
  const refuse = async (connection: RawConnection): Promise<void> => {
    connection.send('nonsense\r\n\r\n');
    await connection.untilGone();
  };
  const refuseNew = async (): Promise<void> => refuse(await RawConnection.open(heddle.url));
  await using old = await RawConnection.open(heddle.url);
  await old.fetch('/');
  await refuseNew();
  process.kill(heddle.pid, 'SIGHUP');
  await heddle.waitForOutput(/generation 2 serves/);
  await refuseNew();
  await refuse(old);
  await heddle.waitForOutput(/generation 1 has ended/);
  await refuseNew();
  await heddle.waitForOutput(/(?:refused[\s\S]*){4}/);
  const names = [...heddle.stderr.matchAll(/info (server-0 .*)refused/g)].map(([, name]) => name);
  assert.deepEqual(names, ['server-0 ', 'server-0 generation 2: ', 'server-0 generation 1: ', 'server-0 ']);
});

describe('reloads under load', () => {
  test(`${RELOADS} in a row lose no request, and each generation answers and ends`, async () => {
    await using run = await DeathsUnderLoad.start();
    for (let reload = 1; reload <= RELOADS; reload += 1) {
      process.kill(run.heddle.pid, 'SIGHUP');
      await run.heddle.waitForOutput(new RegExp(`generation ${reload + 1} serves`));
      await run.load.untilThreads(SIZE * (reload + 1));
    }
    await run.heddle.waitForOutput(new RegExp(`generation ${RELOADS} has ended`));
    const { report } = await run.end();
    assertNothingLost(report);
    assert.doesNotMatch(run.heddle.stderr, /died|cut|stopped/);
  });

  test('a storm of signals is a few reloads, one after the other, and loses no request', async () => {
    await using run = await DeathsUnderLoad.start();
    process.kill(run.heddle.pid, 'SIGHUP');
    await run.heddle.waitForOutput(/reloading \(SIGHUP\)/);
    for (let signal = 0; signal < 20; signal += 1) process.kill(run.heddle.pid, 'SIGHUP');
    await run.heddle.waitForOutput(/generation 2 has ended/);
    const { report } = await run.end();
    assertNothingLost(report);
    const steps = [...run.heddle.stderr.matchAll(/reloading|\d serves/g)].map(([step]) => step);
    assert.deepEqual(steps.slice(0, 4), ['reloading', '2 serves', 'reloading', '3 serves']);
    assert.ok(steps.length <= 8, steps.join(', '));
  });

  test('a thread that dies while it is replaced costs its own requests alone', async () => {
    await using run = await DeathsUnderLoad.start({ args: ['--idle-grace', '5s'] });
    await using connection = await RawConnection.open(run.heddle.url);
    const { threadId } = JSON.parse((await connection.fetch('/')).body) as { threadId: number };
    process.kill(run.heddle.pid, 'SIGHUP');
    await run.heddle.waitForOutput(/reloading/);
    run.died.add(threadId);
    connection.get('/exit');
    await connection.untilGone();
    await run.heddle.waitForOutput(/generation 2 serves/);
    await run.load.untilMoreAnswers(200);
    const { account } = await run.end();
    account.assertOnlyVictims();
    assert.deepEqual(account.unaccepted, []);
    assert.match(run.heddle.stderr, /generation 1: server-\d died \(exit\)/);
  });
});
