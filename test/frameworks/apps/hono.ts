import { setTimeout as delay } from 'node:timers/promises';
import { Hono } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { HTTPException } from 'hono/http-exception';
import { streamSSE, streamText } from 'hono/streaming';
import { validator } from 'hono/validator';

const app = new Hono();

app.use(async (c, next) => {
  await next();
  c.header('x-middleware', `${c.req.method} ${c.res.status}`);
});
// Reads the answer and gives another in its place.
app.use('/upper/*', async (c, next) => {
  await next();
  c.res = new Response((await c.res.text()).toUpperCase(), c.res);
});

app.get('/', (c) => c.text('Hello'));
app.get('/posts/:id', (c) => c.json({ id: c.req.param('id'), q: c.req.query('q') }));
app.get('/upper/:word', (c) => c.text(c.req.param('word')));
// What heddle tells beside the request: `c.env` is its second argument, `c.executionCtx` its third.
app.get('/env', (c) => c.json({ thread: c.env.thread, ip: c.env.ip, home: typeof c.env.env.PATH }));
app.get('/later', (c) => {
  c.executionCtx.waitUntil(delay(500).then(() => console.log('the work is done')));
  return c.text('soon');
});
app.get('/stream', (c) =>
  streamText(c, async (stream) => {
    for (const part of ['one ', 'two ', 'three']) await stream.write(part);
  }),
);
// Never ends by itself, and knows nothing of a server that goes.
app.get('/events', (c) =>
  streamSSE(c, async (stream) => {
    stream.onAbort(() => console.log('the stream was given up'));
    for (let id = 1; !stream.aborted; id += 1) {
      await stream.writeSSE({ id: String(id), data: 'tick' });
      await stream.sleep(20);
    }
  }),
);
app.get('/cookie', (c) => {
  setCookie(c, 'a', '1', { httpOnly: true });
  setCookie(c, 'b', '2');
  return c.text(getCookie(c, 'seen') ?? 'none');
});
app.post(
  '/form',
  validator('form', (value, c) => (typeof value.name === 'string' ? value : c.text('No name', 400))),
  (c) => c.text(`Hello ${c.req.valid('form').name}`),
);
app.post('/json', async (c) => c.json(await c.req.json(), 201));
app.get('/throw', () => {
  throw new Error('out of order');
});
app.get('/forbidden', () => {
  throw new HTTPException(403, { message: 'not you' });
});
app.notFound((c) => c.text(`No ${c.req.path}`, 404));
// As Hono's own: an error that brings its answer along, such as heddle's for what a client did wrong, gives it.
app.onError((error, c) =>
  'getResponse' in error ? error.getResponse() : c.text(`Failed: ${error.message}`, 500),
);

export default app;
