import { Elysia, t } from 'elysia';

const app = new Elysia()
  .onError(({ code, error, set }) => {
    if (code === 'NOT_FOUND') return 'Nothing here';
    if (code === 'VALIDATION') return 'Not valid';
    set.status = 500;
    return `Failed: ${error.message}`;
  })
  .onAfterHandle(({ set }) => {
    set.headers['x-middleware'] = 'yes';
  })
  .get('/', () => 'Hello')
  .get('/posts/:id', ({ params, query }) => ({ id: params.id, q: query.q }))
  .post('/json', ({ body, set }) => {
    set.status = 201;
    return body;
  })
  .post('/valid', ({ body }) => `Hello ${body.name}`, { body: t.Object({ name: t.String() }) })
  .get('/cookie', ({ cookie }) => {
    cookie.a.value = '1';
    cookie.b.value = '2';
    return 'baked';
  })
  // Bytes: text Elysia would put into the stream as it is, which only Bun takes.
  .get('/stream', async function* () {
    for (const part of ['one ', 'two ', 'three']) yield new TextEncoder().encode(part);
  })
  .get('/text-stream', async function* () {
    yield 'one ';
    yield 'two';
  })
  .get('/throw', () => {
    throw new Error('out of order');
  });

// As every runtime takes it: Elysia's own object is none that Bun and Deno serve by themselves.
export default { fetch: app.fetch };
