import { createServer } from 'node:http';
import handler from 'serve-handler';

// What the command `serve` runs, without its log.
createServer((request, response) =>
  handler(request, response, { public: process.env.ROOT, etag: true }),
).listen(Number(process.env.PORT), '127.0.0.1');
