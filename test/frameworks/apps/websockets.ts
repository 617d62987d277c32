import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const server = createServer((request, response) => response.end(`Hello ${request.url}`));
const sockets = new WebSocketServer({ server, path: '/ws' });
sockets.on('connection', (socket) => {
  socket.on('message', (message) => socket.send(`echo ${message}`));
  socket.on('close', () => console.log('a socket was closed'));
});
// As a server that listens by itself would be asked.
server.on('listening', () => console.log(`listening on ${server.address().port}`));
server.on('close', () => console.log('the server was closed'));

export default server;
