import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One answer, as it came. */
export interface RawReply {
  readonly statusLine: string;
  readonly status: number;
  /** By lowercase name; of a repeated field the last. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A client that sends what it is told to, byte for byte, and reads answers by their framing. */
export class RawConnection implements AsyncDisposable {
  readonly #socket: Socket;
  #received = '';
  #ended = false;
  #error: Error | undefined;
  #waiting: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#received += text;
      this.#wake();
    });
    socket.on('end', () => this.#onEnd());
    socket.on('close', () => this.#onEnd());
    socket.on('error', (error) => {
      this.#error = error;
      this.#onEnd();
    });
  }

  /**
   * @param url where to: `http://...`, or the path of a Unix domain socket
   * @returns a connection, once it is there; rejects with the system's error where it is refused
   */
  static async open(url: string): Promise<RawConnection> {
    const socket = url.startsWith('/') ? connect({ path: url }) : connectTo(new URL(url));
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  /** Sends these bytes (latin1). */
  send(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  /** Sends a GET of this target, with these field lines behind `Host`. */
  get(target: string, ...fields: string[]): void {
    this.send(`${[`GET ${target} HTTP/1.1`, 'Host: heddle.test', ...fields].join('\r\n')}\r\n\r\n`);
  }

  /** Sends a GET and reads its answer. */
  async fetch(target: string, ...fields: string[]): Promise<RawReply> {
    this.get(target, ...fields);
    return this.reply();
  }

  /**
   * Reads one answer.
   * @param options `isHead`: the answer to a HEAD, which has no content whatever its fields say
   */
  async reply({ isHead = false }: { readonly isHead?: boolean } = {}): Promise<RawReply> {
    const head = await this.#take(/^[\s\S]*?\r\n\r\n/, 'the head of an answer');
    const [statusLine = '', ...lines] = head.trimEnd().split('\r\n');
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const status = Number(statusLine.split(' ')[1]);
    const hasContent = !isHead && status !== 204 && status !== 304;
    return { statusLine, status, headers, body: hasContent ? await this.#content(headers) : '' };
  }

  /** Everything from here to the server's FIN; rejects at a reset. */
  async untilEnd(): Promise<string> {
    while (!this.#ended) await this.#more();
    if (this.#error !== undefined) throw this.#error;
    return this.#cut(this.#received.length);
  }

  /** Everything from here until the connection is gone, by FIN or by reset. */
  async untilGone(): Promise<string> {
    while (!this.#ended) await this.#more();
    return this.#cut(this.#received.length);
  }

  /** Reads up to and with this text. */
  async until(text: string): Promise<string> {
    while (!this.#received.includes(text)) await this.#need(JSON.stringify(text));
    return this.#cut(this.#received.indexOf(text) + text.length);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.closed) return;
    const closed = once(this.#socket, 'close');
    this.#socket.destroy();
    await closed;
  }

  async #content(headers: ReadonlyMap<string, string>): Promise<string> {
    if (headers.get('transfer-encoding') === 'chunked') return this.#chunks();
    const length = headers.get('content-length');
    if (length === undefined) return this.untilEnd();
    while (this.#received.length < Number(length)) await this.#need(`${length} bytes of content`);
    return this.#cut(Number(length));
  }

  async #chunks(): Promise<string> {
    let content = '';
    for (;;) {
      const size = Number.parseInt(await this.until('\r\n'), 16);
      const chunk = await this.#take(new RegExp(`^[\\s\\S]{${size}}\\r\\n`), `a chunk of ${size} bytes`);
      if (size === 0) return content;
      content += chunk.slice(0, -2);
    }
  }

  async #take(pattern: RegExp, what: string): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#received);
      if (match !== null) return this.#cut(match[0].length);
      await this.#need(what);
    }
  }

  async #need(what: string): Promise<void> {
    if (this.#ended) {
      const got = JSON.stringify(this.#received);
      throw new Error(`The server ended the connection before ${what}; there is ${got}.`, {
        cause: this.#error,
      });
    }
    await this.#more();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #cut(length: number): string {
    const text = this.#received.slice(0, length);
    this.#received = this.#received.slice(length);
    return text;
  }

  #onEnd(): void {
    this.#ended = true;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

function connectTo({ hostname, port }: URL): Socket {
  return connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), noDelay: true });
}

/** Connects until the server refuses it. */
export async function untilRefused(url: string): Promise<void> {
  for (;;) {
    try {
      await using connection = await RawConnection.open(url);
      // Accepted in the last moment or not at all: it ends without an answer, or waits; the next try tells.
      connection.get('/');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') return;
    }
  }
}
