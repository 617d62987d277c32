import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { DeathsUnderLoad } from '../faults/deaths-under-load.ts';

/** More of them by hand: `RELOADS=100`. */
const RELOADS = Number(process.env.RELOADS ?? 20);
// The grace for idle connections is the default: a machine that is busy holds a client up for longer than a short one.

/** By then pools of memory that the process keeps have their size. */
const SETTLED_AFTER = 5;
/** One generation takes some 25 MiB. The figure goes up and down by 30: what is free is not given back at once. */
const MOST_GROWTH_MIB = 45;

/** The memory that a process has in use, in MiB. */
function residentMiB(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]);
  return (pages * 4096) / 2 ** 20;
}

suite(`${RELOADS} reloads under load`, () => {
  test('lose no request, and leave no memory behind', async (context) => {
    await using run = await DeathsUnderLoad.start();
    const sizes: number[] = [];
    for (let reload = 1; reload <= RELOADS; reload += 1) {
      process.kill(run.heddle.pid, 'SIGHUP');
      await run.heddle.waitForOutput(new RegExp(`generation ${reload} has ended`));
      await run.load.untilMoreAnswers(200);
      sizes.push(Math.round(residentMiB(run.heddle.pid)));
    }
    const { report } = await run.end();
    context.diagnostic(`MiB after each reload: ${sizes.join(' ')}`);
    context.diagnostic(`answers: ${JSON.stringify(report.outcomes)}`);
    assert.deepEqual(report.losses, []);
    assert.deepEqual(Object.keys(report.outcomes['keep-alive']), ['status 200']);
    assert.deepEqual(Object.keys(report.outcomes.close), ['status 200']);
    const growth = (sizes.at(-1) ?? 0) - (sizes[SETTLED_AFTER - 1] ?? 0);
    assert.ok(growth < MOST_GROWTH_MIB, `${growth} MiB more than after reload ${SETTLED_AFTER}`);
  });
});
