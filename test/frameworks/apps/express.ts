import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import express from 'express';

const app = express();
app.disable('x-powered-by');
app.use(express.json());
app.use((_, res, next) => {
  res.set('x-middleware', 'yes');
  next();
});

app.get('/', (_, res) => res.send('Hello'));
app.get('/posts/:id', (req, res) => res.json({ id: req.params.id, q: req.query.q }));
app.post('/json', (req, res) => res.status(201).json(req.body));
app.get('/thread', (_, res) => res.send(String(threadId)));
app.get('/throw', () => {
  throw new Error('out of order');
});
app.get('/reject', async () => {
  await delay(1);
  throw new Error('out of order later');
});
app.get('/stream', async (_, res) => {
  for (const part of ['one ', 'two ', 'three']) {
    res.write(part);
    await delay(5);
  }
  res.end();
});
app.get('/slow', async (_, res) => {
  await delay(50);
  res.send('slow');
});
app.get('/never', () => console.log('/never has come'));
app.get('/hang', () => {
  for (;;);
});
app.get('/events', (req, res) => {
  res.set('content-type', 'text/event-stream');
  const timer = setInterval(() => res.write('data: tick\n\n'), 20);
  req.on('close', () => {
    clearInterval(timer);
    console.log('the stream was given up');
  });
});
app.put('/upload', async (req, res) => {
  await pipeline(req, createWriteStream(process.env.UPLOAD_TO));
  res.send('stored');
});
app.use('/static', express.static(import.meta.dirname));
const nested = express.Router();
nested.get('/deep', (req, res) => res.send(`${req.baseUrl} ${req.originalUrl}`));
app.use('/nested', nested);

export async function close() {
  console.log('closed');
}

export default app;
