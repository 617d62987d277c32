import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { compute, RECORD, stream } from './answers.mjs';

const app = new Hono();
app.get('/', (context) => context.text('Hello'));
app.get('/json', (context) => context.json(RECORD));
app.post('/upload', async (context) => context.text(String((await context.req.arrayBuffer()).byteLength)));
app.get('/stream', () => new Response(stream()));
app.get('/compute', (context) => context.text(compute()));
serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' });
