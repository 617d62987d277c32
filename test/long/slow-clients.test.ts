import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { SlowMode, SlowReport } from './slow-clients-process.ts';

const APP = fileURLToPath(new URL('./fixtures/slow-app.ts', import.meta.url));
const CLIENTS = fileURLToPath(new URL('./slow-clients-process.ts', import.meta.url));
/** More than the kernel takes for a client that does not read. */
const LARGE_BYTES = 16_000_000;
const PROBE_EVERY_MS = 20;
/** Nobody waits as long as for a deadline; what is usual stands in the output. */
const LONGEST_PROBE_MS = 2000;

interface Ordeal {
  readonly mode: SlowMode;
  readonly clients: number;
  readonly flags: readonly string[];
  /** How the answer begins that each client gets before it is let go. */
  readonly answer: string;
  /** The most memory that the process may take for one of them, in KiB. */
  readonly mostKiBEach: number;
}

const ORDEALS: readonly Ordeal[] = [
  {
    mode: 'heads',
    clients: 10_000,
    flags: ['--head-timeout', '20s'],
    answer: 'HTTP/1.1 408',
    mostKiBEach: 24,
  },
  {
    mode: 'bodies',
    clients: 10_000,
    flags: ['--body-grace', '20s'],
    answer: 'HTTP/1.1 408',
    mostKiBEach: 32,
  },
  // Fewer, for the kernel holds megabytes for each of these, and slows all of TCP down before it has no more.
  { mode: 'readers', clients: 150, flags: ['--write-stall-timeout', '20s'], answer: '', mostKiBEach: 256 },
];

function residentKiB(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** One request on a connection of its own; resolves with how long its answer took, in milliseconds. */
async function timeOne(url: string): Promise<number> {
  const start = performance.now();
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  assert.equal(Buffer.concat(await response.toArray()).toString(), 'ok');
  return performance.now() - start;
}

/** Asks again and again until told to stop; resolves with the times of all answers, in order of length. */
async function probe(url: string, isOver: () => boolean): Promise<number[]> {
  const times: number[] = [];
  while (!isOver()) {
    times.push(await timeOne(url));
    await new Promise((resolve) => setTimeout(resolve, PROBE_EVERY_MS));
  }
  return times.sort((a, b) => a - b);
}

function describeTimes(times: readonly number[]): string {
  const at = (share: number) => times[Math.floor((times.length - 1) * share)]?.toFixed(1);
  return `${times.length} probes: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`;
}

suite('slow clients', () => {
  for (const { mode, clients, flags, answer, mostKiBEach } of ORDEALS) {
    test(`${clients} slow ${mode} delay nobody, are let go, and leave nothing behind`, async (context) => {
      const root = temporaryFolder({ 'large.bin': Buffer.alloc(LARGE_BYTES) });
      await using server = await spawnHeddle([APP, '--threads', '2', ...flags], { env: { SLOW_ROOT: root } });
      const idleTimes = await Promise.all(Array.from({ length: 20 }, () => timeOne(server.url)));
      const idle = { kiB: residentKiB(server.pid), descriptors: descriptors(server.pid) };

      const reports: SlowReport[] = [];
      const child = fork(CLIENTS, [new URL(server.url).port, `${clients}`, mode]);
      child.on('message', (report: SlowReport) => reports.push(report));
      let isOver = false;
      const probing = probe(server.url, () => isOver);
      let mostKiB = 0;
      let mostDescriptors = 0;
      const watch = setInterval(() => {
        mostKiB = Math.max(mostKiB, residentKiB(server.pid));
        mostDescriptors = Math.max(mostDescriptors, descriptors(server.pid));
      }, 250);
      await once(child, 'exit');
      isOver = true;
      clearInterval(watch);
      const times = await probing;

      const eachKiB = (mostKiB - idle.kiB) / clients;
      context.diagnostic(`${clients} slow ${mode}, ${flags.join(' ')}: ${JSON.stringify(reports)}`);
      context.diagnostic(
        `beside them ${describeTimes(times)} (idle: ${describeTimes(idleTimes.sort((a, b) => a - b))})`,
      );
      context.diagnostic(
        `resident ${idle.kiB} KiB idle, ${mostKiB} KiB at most: ${eachKiB.toFixed(1)} KiB a client`,
      );
      assert.deepEqual(reports, [
        { connected: clients },
        { answers: { [answer]: clients }, failedConnects: 0 },
      ]);
      assert.ok(mostDescriptors >= clients, 'all were open at one time');
      assert.ok(Math.max(...times) < LONGEST_PROBE_MS);
      assert.ok(eachKiB < mostKiBEach);
      while (descriptors(server.pid) > idle.descriptors)
        await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal((await server.stop()).code, 0);
    });
  }
});
