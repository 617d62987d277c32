// node bench/overload.ts [fresh] [--shed-lag 100]: an app that computes 5 ms a request, asked twice as often as it can answer, for
// 20 s, without waiting for answers, on 1000 connections that are open already or (fresh) each on a new one. Says what became of the requests, and how
// long those that were answered had taken from when they were due.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

const SECONDS = 20;
const REQUESTS_A_SECOND = 400;
const CONNECTIONS = 1000;
const IN_TIME_MS = 1000;
const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

const root = fileURLToPath(new URL('../', import.meta.url));
const isFresh = process.argv[2] === 'fresh';
const flags = process.argv.slice(isFresh ? 3 : 2);
const server = spawn(
  process.execPath,
  ['src/cli/main.ts', 'bench/overload-app.ts', '--threads', '1', '--port', '0', ...flags],
  { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] },
);
let printed = '';
let port = 0;
for await (const chunk of server.stdout) {
  printed += String(chunk);
  port = Number(/http:\/\/[^:]+:(\d+)\//.exec(printed)?.[1] ?? 0);
  if (port !== 0) break;
}

const idle: Socket[] = [];
/** When each request was due that found no connection. */
const waiting: number[] = [];
/** When the request on a connection was due. */
const dueOf = new Map<Socket, number>();
const times: number[] = [];
let refused = 0;

for (let count = 0; count < (isFresh ? 0 : CONNECTIONS); count += 1) {
  const socket = open();
  await once(socket, 'connect');
  idle.push(socket);
}

function open(): Socket {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  // A queue that is full resets some.
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    const status = chunk.toString('latin1', 9, 12);
    if (status === '200') times.push(performance.now() - (dueOf.get(socket) ?? 0));
    else refused += 1;
    if (isFresh) {
      socket.destroy();
      return;
    }
    const due = waiting.shift();
    if (due === undefined) idle.push(socket);
    else ask(socket, due);
  });
  return socket;
}

function ask(socket: Socket, due: number): void {
  dueOf.set(socket, due);
  socket.write(REQUEST);
}

const begin = performance.now();
let sent = 0;
await new Promise<void>((resolve) => {
  const timer = setInterval(() => {
    const elapsed = (performance.now() - begin) / 1000;
    for (; sent < Math.min(elapsed, SECONDS) * REQUESTS_A_SECOND; sent += 1) {
      const due = begin + (sent * 1000) / REQUESTS_A_SECOND;
      const socket = isFresh ? open() : idle.shift();
      if (socket === undefined) waiting.push(due);
      else ask(socket, due);
    }
    if (elapsed < SECONDS) return;
    clearInterval(timer);
    resolve();
  }, 2);
});
server.kill('SIGKILL');

times.sort((a, b) => a - b);
const quantile = (part: number): string => `${Math.round(times[Math.floor(times.length * part)] ?? 0)} ms`;
const inTime = times.filter((time) => time <= IN_TIME_MS).length;
const aSecond = (count: number): string => `${(count / SECONDS).toFixed(0)}/s`;
console.log(
  `${isFresh ? 'each on a new connection, ' : ''}${flags.join(' ') || 'without limits'}: ${aSecond(sent)} asked, ${aSecond(times.length)} answered, ${aSecond(inTime)} of them within 1 s, ${aSecond(refused)} told 503, ${sent - times.length - refused} left; p50 ${quantile(0.5)}, p99 ${quantile(0.99)}`,
);
process.exit(0);
