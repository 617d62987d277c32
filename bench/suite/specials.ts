import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { median } from './measure.ts';
import { freePort, RunningPeer } from './running-peer.ts';
import { runWrk } from './wrk.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const APPS = join(PROJECT, 'bench/peers');
const MAIN = join(PROJECT, 'src/cli/main.ts');

/** What has a measure of its own. */
export const SPECIALS: Readonly<Record<string, () => Promise<string>>> = { idle, jobs, threads, start };

/** Measures those that are asked for. */
export async function measureSpecials(
  names: readonly string[],
  tell: (part: string) => void,
): Promise<string> {
  let text = '';
  for (const [name, special] of Object.entries(SPECIALS)) {
    if (!names.includes(name)) continue;
    const part = await special();
    tell(part);
    text += `${part}\n`;
  }
  return text;
}

function heddleCommand(target: string, port: number, ...options: string[]): [string, ...string[]] {
  return [process.execPath, '--expose-gc', MAIN, target, '--port', String(port), '--quiet', ...options];
}

const CONNECTIONS = 10_000;
const IDLE_KIB = { heap: 3, resident: 10 };

/** What a connection costs that has nothing to do. */
async function idle(): Promise<string> {
  const rows: string[] = [];
  let ownHeap = Number.NaN;
  let ownResident = Number.NaN;
  for (const [name, file] of [
    ['heddle', 'fetch-app.mjs'],
    ['node:http', 'node-http.mjs'],
  ] as const) {
    const port = await freePort();
    const admin = await freePort();
    const options = ['--threads', '1', '--max-connections', '20000', '--admin', String(admin)];
    const command: [string, ...string[]] =
      name === 'heddle'
        ? heddleCommand(join(APPS, file), port, ...options)
        : [process.execPath, join(APPS, file)];
    await using server = await RunningPeer.start(name, port, { command });
    const heap = (): Promise<number> =>
      name === 'heddle' ? heapBytes(server.url, admin) : Promise.resolve(Number.NaN);
    // What is compiled and cached at the first connections is not theirs.
    await using _warm = await holdConnections(port, 500);
    await delay(1000);
    const before = { heap: await heap(), resident: server.memoryBytes() };
    await using _clients = await holdConnections(port, CONNECTIONS);
    await delay(3000);
    const heapKib = ((await heap()) - before.heap) / CONNECTIONS / 1024;
    const residentKib = (server.memoryBytes() - before.resident) / CONNECTIONS / 1024;
    if (name === 'heddle') [ownHeap, ownResident] = [heapKib, residentKib];
    rows.push(`| ${name} | ${Number.isNaN(heapKib) ? '' : heapKib.toFixed(1)} | ${residentKib.toFixed(1)} |`);
  }
  return [
    `\n## ${CONNECTIONS.toLocaleString('en')} idle connections\n`,
    'One request was answered on each; the clients are processes of their own.\n',
    '|   | KiB of heap a connection | KiB resident a connection |\n| - | -: | -: |',
    ...rows,
    '',
    `- Target: at most ${IDLE_KIB.heap} KiB of heap. ${ownHeap <= IDLE_KIB.heap ? 'Met' : '**Missed**'}.`,
    `- Target: at most ${IDLE_KIB.resident} KiB resident. ${ownResident <= IDLE_KIB.resident ? 'Met' : '**Missed**'}.`,
  ].join('\n');
}

interface ThreadsPage {
  readonly server: readonly { readonly memory?: { readonly heapUsedBytes?: number } }[];
}

/** After a full collection. */
async function heapBytes(url: string, admin: number): Promise<number> {
  await (await fetch(new URL('/gc', url))).text();
  const page = (await (await fetch(`http://127.0.0.1:${admin}/threads`)).json()) as ThreadsPage;
  return page.server[0]?.memory?.heapUsedBytes ?? Number.NaN;
}

type Client = ChildProcessByStdio<Writable, Readable, null>;

async function holdConnections(port: number, count: number): Promise<AsyncDisposable> {
  const clients: Client[] = [];
  for (let left = count; left > 0; left -= 5000) {
    const share = String(Math.min(left, 5000));
    const client = spawn(process.execPath, [join(APPS, 'idle-client.mjs'), String(port), share], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    clients.push(client);
    await once(client.stdout, 'data');
  }
  return {
    async [Symbol.asyncDispose]() {
      const ended = clients.map((client) => once(client, 'exit'));
      for (const client of clients) client.stdin.end();
      await Promise.all(ended);
    },
  };
}

const PROBES = 3000;
const POOL_THREADS = 4;

/** How long a short answer takes while the pool is full. */
async function jobs(): Promise<string> {
  const port = await freePort();
  const command = heddleCommand(
    join(APPS, 'jobs-app.mjs'),
    port,
    '--threads',
    '1',
    '--pool-threads',
    `${POOL_THREADS}`,
  );
  await using _server = await RunningPeer.start('heddle', port, { command, cpus: '0,1' });
  await probe(port, 1000);
  const rows: string[] = [];
  const verdicts: string[] = [];
  let idleP99 = Number.NaN;
  for (const [name, path] of [
    ['nothing', undefined],
    ['jobs that sleep', '/sleep'],
    ['jobs that compute', '/burn'],
  ] as const) {
    await using _full = path === undefined ? undefined : fill(port, path);
    await delay(500);
    const times = await probe(port, PROBES);
    const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
    if (path === undefined) idleP99 = at(0.99);
    const multiple = at(0.99) / idleP99;
    rows.push(`| ${name} | ${at(0.5).toFixed(3)} | ${at(0.99).toFixed(3)} | ${multiple.toFixed(1)} |`);
    if (path !== undefined)
      verdicts.push(
        `- Target: with ${name} a p99 of at most twice. ${multiple <= 2 ? 'Met' : '**Missed**'}.`,
      );
  }
  return [
    '\n## A short answer while the pool is full\n',
    `One server thread, ${POOL_THREADS} pool threads, two CPUs, ${2 * POOL_THREADS} jobs of 50 ms always there; ${PROBES} requests one after the other.\n`,
    '| the pool has | p50 ms | p99 ms | p99 / idle |\n| - | -: | -: | -: |',
    ...rows,
    '',
    ...verdicts,
  ].join('\n');
}

/** Keeps jobs there until it is disposed of. */
function fill(port: number, path: string): AsyncDisposable {
  let isOver = false;
  const loops = Array.from({ length: 2 * POOL_THREADS }, async () => {
    while (!isOver) await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  });
  return {
    async [Symbol.asyncDispose]() {
      isOver = true;
      await Promise.all(loops);
    },
  };
}

/** Times of answers in milliseconds, sorted. */
async function probe(port: number, count: number): Promise<number[]> {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  const times: number[] = [];
  for (let done = 0; done < count; done += 1) {
    const begin = performance.now();
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(socket, 'data');
    times.push(performance.now() - begin);
  }
  socket.destroy();
  return times.sort((a, b) => a - b);
}

/** What a second thread is worth to a handler that computes. */
async function threads(): Promise<string> {
  const perSecond: number[] = [];
  for (const count of [1, 2]) {
    const port = await freePort();
    const command = heddleCommand(join(APPS, 'fetch-app.mjs'), port, '--threads', String(count));
    await using server = await RunningPeer.start('heddle', port, { command, cpus: '0,1' });
    await runWrk(server.url, { path: '/compute', connections: 16 }, 2);
    const runs = [];
    for (let round = 0; round < 3; round += 1)
      runs.push((await runWrk(server.url, { path: '/compute', connections: 16 }, 3)).perSecond);
    perSecond.push(median(runs));
  }
  const [one = Number.NaN, two = Number.NaN] = perSecond;
  return [
    '\n## Two threads and a handler that computes\n',
    `${one.toFixed(0)} requests/s with one thread, ${two.toFixed(0)} with two: ${(two / one).toFixed(2)} times as many.\n`,
    `- Target: at least 1.9 times. ${two / one >= 1.9 ? 'Met' : '**Missed**'}.`,
  ].join('\n');
}

const STARTS = 11;

/** From the start of the process to the first answer, of the built package with two threads. */
async function start(): Promise<string> {
  execFileSync('npm', ['run', 'build'], { cwd: PROJECT, stdio: 'ignore' });
  const cache = mkdtempSync(join(tmpdir(), 'heddle-bench-'));
  const times: number[] = [];
  for (let round = 0; round < STARTS; round += 1) {
    const port = await freePort();
    const begin = performance.now();
    const options = ['--port', String(port), '--threads', '2', '--quiet', '--idle-grace', '0'];
    const child = spawn(
      process.execPath,
      [join(PROJECT, 'dist/cli/main.js'), join(APPS, 'fetch-app.mjs'), ...options],
      { stdio: 'ignore', env: { ...process.env, NODE_COMPILE_CACHE: cache } },
    );
    while (!(await answers(port))) await delay(1);
    times.push(performance.now() - begin);
    // It leaves what it has compiled for the next.
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  rmSync(cache, { recursive: true });
  const middle = median(times);
  const fastest = Math.min(...times).toFixed(0);
  return [
    '\n## The first answer\n',
    `From the start of the process, from \`dist/\` with Node's compile cache, two threads: ${middle.toFixed(0)} ms (median of ${STARTS}, the fastest ${fastest}).\n`,
    `- Target: at most 150 ms. ${middle <= 150 ? 'Met' : '**Missed**'}.`,
  ].join('\n');
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
    socket.once('data', () => resolve(socket.destroy() !== undefined));
    socket.once('error', () => resolve(false));
  });
}
