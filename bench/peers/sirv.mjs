import { createServer } from 'node:http';
import sirv from 'sirv';

// In production mode: it reads the folder at the start, and looks at no file again.
const files = sirv(process.env.ROOT, { etag: true, gzip: true });
createServer((request, response) =>
  files(request, response, () => {
    response.statusCode = 404;
    response.end();
  }),
).listen(Number(process.env.PORT), '127.0.0.1');
