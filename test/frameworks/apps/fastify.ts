import { setTimeout as delay } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import Fastify from 'fastify';

const app = Fastify({ logger: false });

app.addHook('onReady', async () => console.log('ready'));
app.addHook('onClose', async () => console.log('closed'));
app.register(async (scope) => {
  scope.get('/plugin', async () => 'of a plugin');
});

app.get('/', async () => 'Hello');
app.get('/posts/:id', async ({ params, query }) => ({ id: params.id, q: query.q }));
app.post('/json', { schema: { body: { type: 'object', required: ['a'] } } }, async ({ body }, reply) =>
  reply.code(201).send(body),
);
app.get('/thread', async () => String(threadId));
app.get('/throw', async () => {
  throw new Error('out of order');
});
app.get('/stream', async (_, reply) => {
  async function* parts() {
    for (const part of ['one ', 'two ', 'three']) {
      yield part;
      await delay(5);
    }
  }
  const { Readable } = await import('node:stream');
  return reply.type('text/plain').send(Readable.from(parts()));
});
app.get('/response', async () => new Response('of a Response', { headers: { 'x-from': 'web' } }));

// What speaks another protocol: every line that comes is sent back.
app.server.on('upgrade', (_request, socket, head) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
  if (head.length > 0) socket.write(head);
  socket.pipe(socket);
});

export default app;
