import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { RawConnection } from '../system/raw-connection.ts';
import {
  assertLastWord,
  HANGS_APP,
  HangingRun,
  type HangOptions,
  lineOf,
  requestLine,
  type Who,
  whoAnswers,
} from './hanging-run.ts';

/** So patient that nothing ends within a test because its time is over. */
const PATIENT = ['--idle-grace', '10m', '--drain-timeout', '10m', '--hang-timeout', '1s'];

type Five = [RawConnection, RawConnection, RawConnection, RawConnection, RawConnection];

interface LeavingRun extends AsyncDisposable {
  readonly run: HangingRun;
  readonly who: Who;
  /** Will make the thread hang. */
  readonly culprit: RawConnection;
  /** Has a request that waits. */
  readonly waiting: RawConnection;
  readonly streaming: RawConnection;
  readonly idle: RawConnection;
  /** Idle until its request comes when nobody reads. */
  readonly unread: RawConnection;
}

/** One thread with a connection of each kind. */
async function start(options: HangOptions = {}): Promise<LeavingRun> {
  const run = await HangingRun.start({ args: PATIENT, ...options });
  const { who, connections } = await run.openOnOneThread(5);
  const [culprit, waiting, streaming, idle, unread] = connections as Five;
  waiting.get('/never');
  streaming.get('/stream');
  await streaming.until('the first of many');
  assert.deepEqual([await whoAnswers(idle), await whoAnswers(idle)], [who, who]);
  const dispose = () => run[Symbol.asyncDispose]();
  return { run, who, culprit, waiting, streaming, idle, unread, [Symbol.asyncDispose]: dispose };
}

async function reload({ heddle }: HangingRun): Promise<void> {
  process.kill(heddle.pid, 'SIGHUP');
  await heddle.waitForOutput(/generation 2 serves/);
}

/** The log tells the same of it as of a thread that serves. */
async function assertReported({ run, who }: LeavingRun, counts: string): Promise<void> {
  const report = await run.hangReport(who);
  assert.match(report, /hangs since \d+\.\d s and is ended\n/);
  assert.ok(report.includes(requestLine('/loop')), report);
  assert.ok(report.includes(lineOf(HANGS_APP, 'for (let count = 0; ; count += 1)')), report);
  assert.match(report, new RegExp(`clients of server-${who.thread}: ${counts}, 1 closed\n`));
}

/** What waits for an answer is told that none will come. */
async function assertInFlightAnswered({ culprit, waiting, streaming }: LeavingRun): Promise<void> {
  for (const connection of [culprit, waiting]) await assertLastWord(connection);
  assert.doesNotMatch(await streaming.untilGone(), /0\r\n\r\n$/);
}

/** Its idle connection and its unread request are another's, where connections can be moved. */
async function assertMoved({ run, who, idle, unread }: LeavingRun): Promise<void> {
  if (!run.canMove) {
    await assertLastWord(unread);
    assert.equal(await idle.untilEnd(), '');
    return;
  }
  const late = await unread.reply();
  assert.equal(late.status, 200);
  const takers = [JSON.parse(late.body) as Who, await whoAnswers(idle), await whoAnswers(unread)];
  for (const taker of takers) assert.notEqual(taker.threadId, who.threadId);
}

const countsWhereMoved = ({ canMove }: HangingRun): string =>
  canMove ? '2 moved to other threads, 2 answered with 503' : '0 moved to other threads, 3 answered with 503';

suite('a thread that hangs while its generation is replaced', () => {
  for (const ffi of [true, false]) {
    test(`from before the reload on, is relieved by the next generation and ends its own${ffi ? '' : ', without FFI'}`, async () => {
      // So late that the reload has come to its end before.
      await using leaving = await start({ ffi, args: [...PATIENT, '--hang-timeout', '5s'] });
      const { run, who, culprit, unread } = leaving;
      await run.hold(culprit, '/loop');
      unread.get('/');
      await reload(run);
      await assertReported(leaving, countsWhereMoved(run));
      await assertInFlightAnswered(leaving);
      await assertMoved(leaving);
      await run.heddle.waitForOutput(/generation 1 has ended/);
      assert.match(run.heddle.stderr, new RegExp(`generation 1: server-${who.thread} did not end`));
      assert.doesNotMatch(run.heddle.stderr, /died|stand in/);
    });
  }

  test('while it finishes what it has, is relieved as well', async () => {
    await using leaving = await start();
    const { run, culprit, unread } = leaving;
    await reload(run);
    await run.hold(culprit, '/loop');
    unread.get('/');
    await assertReported(leaving, countsWhereMoved(run));
    await assertInFlightAnswered(leaving);
    await assertMoved(leaving);
    await run.heddle.waitForOutput(/generation 1 has ended/);
  });
});

suite('a thread that hangs while the server shuts down', () => {
  for (const ffi of [true, false]) {
    test(`is ended, its clients told, and the command fails${ffi ? '' : ', without FFI'}`, async () => {
      // So late that the shutdown has begun before.
      await using leaving = await start({ ffi, args: [...PATIENT, '--hang-timeout', '3s'] });
      const { run, who, culprit, idle, unread } = leaving;
      await run.hold(culprit, '/loop');
      unread.get('/');
      const exit = run.heddle.stop('SIGTERM', 60_000);
      await assertReported(leaving, '0 moved to other threads, 3 answered with 503');
      await assertInFlightAnswered(leaving);
      await assertLastWord(unread);
      assert.equal(await idle.untilEnd(), '');
      assert.deepEqual(await exit, { code: 1, signal: null }, run.heddle.stderr);
      assert.match(run.heddle.stderr, new RegExp(`heddle: stopped server-${who.thread}, which did not end`));
    });
  }

  test('and whose time to finish is over before it counts as hung is relieved then', async () => {
    const args = [...PATIENT, '--drain-timeout', '100ms', '--hang-timeout', '10m'];
    await using leaving = await start({ args });
    const { run, culprit } = leaving;
    await run.hold(culprit, '/loop');
    const exit = run.heddle.stop('SIGTERM', 60_000);
    await assertReported(leaving, '0 moved to other threads, 2 answered with 503');
    await assertInFlightAnswered(leaving);
    assert.deepEqual(await exit, { code: 1, signal: null }, run.heddle.stderr);
  });
});

test('a thread that hangs while it is recycled is relieved by the one that has its place', async () => {
  await using run = await HangingRun.start({ threads: 1, args: [...PATIENT, '--thread-memory', '64'] });
  const { who, connections } = await run.openOnOneThread(3);
  const [culprit, waiting, idle] = connections as Five;
  waiting.get('/never');
  await (await run.open()).fetch('/hoard?mebibytes=38');
  await run.untilReplaced(who);
  await run.hold(culprit, '/loop');
  const report = await run.hangReport(who);
  assert.match(report, /server-0 hangs since \d+\.\d s and is ended\n/);
  for (const connection of [culprit, waiting]) await assertLastWord(connection);
  if (run.canMove) assert.notEqual((await whoAnswers(idle)).threadId, who.threadId);
  await run.heddle.waitForOutput(/server-0 is recycled, in \d+ ms/);
});
