// What one small answer costs: CPU time of the server process (user + system, from /proc/PID/stat) per request,
// beside node:http, in one run. Needs wrk. Usage: npm run bench [-- SECONDS]
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SECONDS = Number(process.argv[2] ?? 3);
const ROUNDS = 5;
/** The kernel counts CPU time in hundredths of a second on every Linux that Node runs on. */
const MICROSECONDS_A_TICK = 10_000;

const HEDDLE = ['src/cli/main.ts', 'bench/hello-app.ts', '--port', '0', '--threads', '1'];
const NODE_HTTP = [
  '--input-type=module',
  '--eval',
  `import { createServer } from 'node:http';
   const server = createServer((request, response) => response.end('Hello'));
   server.listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + server.address().port + '/'));`,
];

interface Server {
  readonly name: string;
  readonly child: ChildProcess;
  readonly url: string;
  readonly costs: number[];
}

async function start(name: string, args: readonly string[]): Promise<Server> {
  const child = spawn('taskset', ['-c', '0', process.execPath, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  for await (const part of child.stdout.setEncoding('utf8')) {
    printed += part;
    const url = /http:\/\/\S+/.exec(printed)?.[0];
    if (url === undefined) continue;
    const text = await (await fetch(url)).text();
    if (text !== 'Hello') throw new Error(`${name} answered ${JSON.stringify(text)}.`);
    return { name, child, url, costs: [] };
  }
  throw new Error(`${name} ended before it served.`);
}

function cpuMicroseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command's name may hold spaces; the numbers begin behind its bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_A_TICK;
}

async function load(server: Server, seconds: number): Promise<number> {
  const { stdout } = await run('taskset', ['-c', '1', 'wrk', '-t1', '-c64', `-d${seconds}s`, server.url]);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${server.name} failed under load:\n${stdout}`);
  return Number(/(\d+) requests in/.exec(stdout)?.[1]);
}

async function measure(server: Server): Promise<void> {
  const { pid } = server.child;
  if (pid === undefined) throw new Error(`${server.name} does not run.`);
  const before = cpuMicroseconds(pid);
  const requests = await load(server, SECONDS);
  server.costs.push((cpuMicroseconds(pid) - before) / requests);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

await using stack = new AsyncDisposableStack();
const servers: Server[] = [];
for (const [name, args] of [
  ['heddle', HEDDLE],
  ['node:http', NODE_HTTP],
] as const) {
  const server = await start(name, args);
  servers.push(server);
  stack.defer(async () => {
    server.child.kill('SIGKILL');
    await once(server.child, 'exit');
  });
}
for (const server of servers) await load(server, 2);
for (let round = 0; round < ROUNDS; round += 1) {
  for (const server of servers.toSorted(() => Math.random() - 0.5)) await measure(server);
}
const [heddle = servers[0], peer = servers[1]] = servers;
if (heddle === undefined || peer === undefined) throw new Error('Nothing was measured.');
console.log(
  `Node ${process.versions.node}, one server thread on one core, wrk -c64 on the other, ${ROUNDS} x ${SECONDS} s`,
);
for (const { name, costs } of servers) {
  const spread = `${Math.min(...costs).toFixed(1)} to ${Math.max(...costs).toFixed(1)}`;
  console.log(`${name.padEnd(10)} ${median(costs).toFixed(1)} µs CPU a request (${spread})`);
}
const ratios = heddle.costs.map((cost, round) => cost / (peer.costs[round] ?? Number.NaN));
console.log(`heddle / node:http = ${median(ratios).toFixed(2)} (median of ${ROUNDS} rounds)`);
