// node slow-clients-process.ts PORT COUNT MODE: many clients that are slow on purpose, in a process of their own, since
// one process may not have descriptors for both sides. Tells its parent when all are connected, and when all are gone.
import { connect, type Socket } from 'node:net';

/** How the clients are slow. */
export type SlowMode = 'heads' | 'bodies' | 'readers';

/** What the process tells. */
export type SlowReport =
  | { readonly connected: number }
  | {
      /** How many got an answer that begins so; of clients that do not read, an empty one. */
      readonly answers: Readonly<Record<string, number>>;
      readonly failedConnects: number;
    };

const [port, count, mode] = process.argv.slice(2) as [string, string, SlowMode];
const COUNT = Number(count);
/** So many connect at one time: the accept queue has an end. */
const AT_ONCE = 500;
const DRIP_MS = 1000;

const FIRST_BYTES: Readonly<Record<SlowMode, string>> = {
  heads: 'GET / HTTP/1.1\r\nHost: a\r\n',
  bodies: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n',
  readers: 'GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n',
};
const DRIPS: Readonly<Record<SlowMode, string>> = { heads: 'X: y\r\n', bodies: 'b', readers: '' };

const answers: Record<string, number> = {};
const open = new Set<Socket>();
let failedConnects = 0;

function openOne(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
    let answer = '';
    socket.once('connect', () => {
      open.add(socket);
      socket.write(FIRST_BYTES[mode]);
      if (mode === 'readers') socket.pause();
      resolve();
    });
    if (mode !== 'readers') {
      socket.on('data', (part) => {
        answer += part.toString('latin1');
      });
    }
    socket.on('error', () => undefined);
    socket.once('close', () => {
      if (!open.delete(socket)) failedConnects += 1;
      const status = answer.slice(0, 12);
      answers[status] = (answers[status] ?? 0) + 1;
      resolve();
    });
  });
}

for (let opened = 0; opened < COUNT; opened += AT_ONCE) {
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, COUNT - opened) }, openOne));
}
process.send?.({ connected: open.size } satisfies SlowReport);
const drip = setInterval(() => {
  for (const socket of open) if (socket.writable && mode !== 'readers') socket.write(DRIPS[mode]);
}, DRIP_MS);
// A paused socket hears of its end only when it is written to or read from.
const look = setInterval(() => {
  if (mode === 'readers') for (const socket of open) if (!socket.destroyed) socket.write(' ');
  if (open.size > 0) return;
  clearInterval(drip);
  clearInterval(look);
  process.send?.({ answers, failedConnects } satisfies SlowReport);
  process.disconnect?.();
}, 100);
