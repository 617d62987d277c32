import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that an app passes requests on to; `await using` cuts what is left of it. */
export class Upstream implements AsyncDisposable {
  /** Its origin, without a slash at the end. */
  readonly url: string;
  /** The requests it got. */
  readonly requests: IncomingMessage[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.prependListener('request', (request: IncomingMessage) => this.requests.push(request));
  }

  static async open(listener: RequestListener): Promise<Upstream> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Upstream(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

/** All of a request's content. @param request as Node's server got it */
export async function contentOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('latin1')) text += chunk;
  return text;
}
