import { Readable } from 'node:stream';
import Fastify from 'fastify';
import { compute, PART, PARTS, RECORD } from './answers.mjs';

const app = Fastify({ bodyLimit: 1e9 });
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
app.get('/', async () => 'Hello');
app.get('/json', async () => RECORD);
app.post('/upload', async (request) => String(request.body.length));
app.get('/stream', (_, reply) => reply.send(Readable.from(Array.from({ length: PARTS }, () => PART))));
app.get('/compute', async () => compute());
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
