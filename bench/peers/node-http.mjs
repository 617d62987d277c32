import { createServer } from 'node:http';
import { compute, PART, PARTS, RECORD } from './answers.mjs';

function upload(request, response) {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => response.end(String(Buffer.concat(parts).length)));
}

function streamParts(response) {
  let left = PARTS;
  const write = () => {
    while (left > 0) {
      left -= 1;
      if (!response.write(PART)) return response.once('drain', write);
    }
    return response.end();
  };
  write();
}

createServer((request, response) => {
  switch (request.url) {
    case '/':
      return response.end('Hello');
    case '/json':
      response.setHeader('content-type', 'application/json');
      return response.end(JSON.stringify(RECORD));
    case '/upload':
      return upload(request, response);
    case '/stream':
      return streamParts(response);
    case '/compute':
      return response.end(compute());
    default:
      response.statusCode = 404;
      return response.end('Not here');
  }
}).listen(Number(process.env.PORT), '127.0.0.1');
