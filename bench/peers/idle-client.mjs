// Opens connections, sends one request on each, and holds them: idle-client PORT COUNT. Prints a line when all are there.
import { once } from 'node:events';
import { connect } from 'node:net';

const [port, count] = process.argv.slice(2).map(Number);
const BATCH = 50;
const held = [];

async function open() {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await once(socket, 'data');
  held.push(socket);
}

while (held.length < count)
  await Promise.all(Array.from({ length: Math.min(BATCH, count - held.length) }, open));
console.log('open');
process.stdin.resume().on('end', () => process.exit(0));
