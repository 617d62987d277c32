import { AutoRouter, error, json, StatusError, withCookies } from 'itty-router';

const router = AutoRouter({
  before: [withCookies],
  finally: [
    (response) => {
      response.headers.set('x-middleware', String(response.status));
    },
  ],
});

router
  .get('/', () => new Response('Hello'))
  .get('/posts/:id', ({ params, query }) => ({ id: params.id, q: query.q }))
  // What stands behind the request is passed on as it is.
  .get('/env', (_, context) => ({ thread: context.thread, ip: context.ip }))
  .get('/cookie', ({ cookies }) => new Response(cookies.seen ?? 'none', { headers: { 'set-cookie': 'a=1' } }))
  .post('/json', async (request) => json(await request.json(), { status: 201 }))
  .get('/throw', () => {
    throw new StatusError(418, 'Teapot');
  })
  .all('*', ({ url }) => error(404, `No ${new URL(url).pathname}`));

// A plain object with fetch.
export default { ...router };
