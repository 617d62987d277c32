import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import Koa from 'koa';

const app = new Koa();
app.silent = true;
app.on('error', (error) => console.log(`error: ${error.message}`));

app.use(async (ctx, next) => {
  await next();
  ctx.set('x-middleware', `${ctx.method} ${ctx.status}`);
});
app.use(async (ctx, next) => {
  switch (`${ctx.method} ${ctx.path}`) {
    case 'GET /':
      ctx.body = 'Hello';
      break;
    case 'GET /posts':
      ctx.body = { q: ctx.query.q };
      break;
    case 'POST /json': {
      let text = '';
      for await (const chunk of ctx.req.setEncoding('utf8')) text += chunk;
      ctx.status = 201;
      ctx.body = JSON.parse(text);
      break;
    }
    case 'GET /thread':
      ctx.body = String(threadId);
      break;
    case 'GET /throw':
      throw new Error('out of order');
    case 'GET /stream':
      ctx.type = 'text/plain';
      ctx.body = Readable.from(
        (async function* parts() {
          for (const part of ['one ', 'two ', 'three']) {
            yield part;
            await delay(5);
          }
        })(),
      );
      break;
    default:
      await next();
  }
});

export default app;
