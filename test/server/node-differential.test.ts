import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { appOfServer } from '#fetch/node-app.ts';
import { createNodeBridge } from '#fetch/node-bridge.ts';
import { RawClient } from '../support/raw-client.ts';
import { TestListener } from '../support/test-listener.ts';

/** What an app does with each path. */
const answer: RequestListener = (request, response) => {
  switch (request.url) {
    case '/destroy':
      request.socket.destroy();
      break;
    case '/early':
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      setImmediate(() => response.end('early'));
      break;
    case '/raw': {
      const { socket } = response;
      if (socket !== null) response.detachSocket(socket);
      socket?.end('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nraw');
      break;
    }
    case '/trailers':
      response.writeHead(200, { Trailer: 'x-t' });
      response.write('a');
      response.addTrailers({ 'x-t': '1' });
      response.end('b');
      break;
    case '/204':
      response.writeHead(204).end();
      break;
    case '/unread':
      response.writeHead(403).end('no');
      break;
    case '/never':
      break;
    default:
      request.resume().on('end', () => response.end(`${request.method} ${request.url}`));
  }
};

function appServer(): Server {
  const server = createServer({ keepAliveTimeout: 50_000 }, answer);
  server.on('upgrade', (_, socket, head: Buffer) => {
    socket.write(`HTTP/1.1 101 x\r\n\r\n${head.toString()}`);
    socket.on('data', (data: Buffer) => socket.write(data));
    socket.on('end', () => socket.end());
  });
  return server;
}

const H = 'Host: a\r\n\r\n';
const LAST = `GET /last HTTP/1.1\r\nConnection: close\r\n${H}`;
const get = (target: string, fields = ''): string => `GET ${target} HTTP/1.1\r\n${fields}${H}`;
const post = (target: string, fields: string, content: string): string =>
  `POST ${target} HTTP/1.1\r\n${fields}${H}${content}`;
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

const CASES: Readonly<Record<string, string>> = {
  'answers of all kinds': ['/', '/early', '/trailers', '/204', '/x?y=z']
    .map((target) => get(target))
    .join(''),
  'a destroyed socket': get('/destroy'),
  'an answer that the app writes to the socket': get('/raw'),
  'a HEAD among others': `${get('/1')}HEAD /2 HTTP/1.1\r\n${H}${get('/3')}`,
  'HTTP/1.0': 'GET /a HTTP/1.0\r\n\r\n',
  'HTTP/1.0 that is kept': `GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n${get('/b')}`,
  'the asterisk': `OPTIONS * HTTP/1.1\r\n${H}`,
  'a target with an authority': get('http://x/y'),
  'CONNECT that nobody hears': `CONNECT a:1 HTTP/1.1\r\n${H}`,
  'an upgrade, with bytes behind it': `${get('/up', 'Connection: upgrade\r\nUpgrade: x\r\n')}head`,
  'chunked content': post('/', CHUNKED, '5\r\nabcde\r\n0\r\n\r\n'),
  'a bad chunk': post('/', CHUNKED, 'zz\r\n'),
  'two framings': post('/', `Content-Length: 5\r\n${CHUNKED}`, '0\r\n\r\n'),
  'content that is not read': post('/unread', 'Content-Length: 100000\r\n', 'x'.repeat(100_000)),
  '100 Continue': post('/', 'Content-Length: 3\r\nExpect: 100-continue\r\n', 'abc'),
  'another expectation': post('/', 'Content-Length: 3\r\nExpect: more\r\n', 'abc'),
  'no Host': 'GET / HTTP/1.1\r\n\r\n',
  nonsense: 'nonsense\r\n\r\n',
  'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'a blank in the target': `GET /a b HTTP/1.1\r\n${H}`,
  'a head that is too large': get(`/${'x'.repeat(20_000)}`),
};

suite("a Node app's connection is answered as by Node alone", () => {
  const plain = appServer();
  let bridged: TestListener;
  before(async () => {
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const fail = (): never => assert.fail('The app does not fail.');
    const limits = { headMs: 60_000, keepAliveMs: 1, maxHeadBytes: 16_384, periodMs: 1000 };
    const app = appOfServer(appServer(), 'a server');
    const taker = createNodeBridge(app, { limits, onError: fail, failureReply: fail });
    bridged = await TestListener.open(fail, { taker });
  });
  after(async () => {
    plain.closeAllConnections();
    plain.close();
    await bridged[Symbol.asyncDispose]();
  });

  async function outcome(connection: Promise<RawClient>, text: string, isHalf: boolean): Promise<object> {
    using client = await connection;
    client.send(text);
    if (isHalf) client.halfClose();
    const { text: answered, end } = await client.rest();
    return { answered: answered.replaceAll(/Date: .*\r\n/g, ''), end };
  }

  for (const [what, text] of Object.entries(CASES)) {
    for (const [how, sent, isHalf] of [
      [
        'a request behind it',
        what === 'an upgrade, with bytes behind it' ? '' : LAST,
        what.startsWith('an upgrade'),
      ],
      ['the end of the client', '', true],
    ] as const) {
      test(`${what}, ${how}`, async () => {
        const { port } = plain.address() as AddressInfo;
        const expected = await outcome(RawClient.open(port), text + sent, isHalf);
        assert.deepEqual(await outcome(bridged.connect(), text + sent, isHalf), expected);
      });
    }
  }

  test('a client that leaves with a request unanswered', async () => {
    const { port } = plain.address() as AddressInfo;
    const expected = await outcome(RawClient.open(port), get('/never'), true);
    assert.deepEqual(await outcome(bridged.connect(), get('/never'), true), expected);
  });
});
