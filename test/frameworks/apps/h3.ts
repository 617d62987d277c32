import { createEventStream, getRouterParam, H3, HTTPError, readBody, redirect, setCookie } from 'h3';

const app = new H3();

app.use((event, next) => {
  event.res.headers.set('x-middleware', event.url.pathname);
  return next();
});
app.get('/', () => 'Hello');
app.get('/posts/:id', (event) => ({ id: getRouterParam(event, 'id'), q: event.url.searchParams.get('q') }));
app.post('/json', async (event) => {
  event.res.status = 201;
  return readBody(event);
});
app.get('/cookie', (event) => {
  setCookie(event, 'a', '1');
  setCookie(event, 'b', '2');
  return 'baked';
});
app.get('/old', () => redirect('/new', 301));
app.get('/stream', () => {
  const parts = ['one ', 'two ', 'three'];
  return new ReadableStream({
    pull(controller) {
      const part = parts.shift();
      if (part === undefined) controller.close();
      else controller.enqueue(new TextEncoder().encode(part));
    },
  });
});
app.get('/events', (event) => {
  const stream = createEventStream(event);
  const timer = setInterval(() => void stream.push('tick'), 20);
  stream.onClosed(() => {
    clearInterval(timer);
    console.log('the stream was given up');
  });
  return stream.send();
});
app.get('/throw', () => {
  throw new HTTPError({ status: 418, statusText: 'Teapot' });
});

export default app;
