import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** How the server's side of a connection ended. */
export type ServerEnd = 'fin' | 'reset';

/** A client that writes and reads bytes, and can do what no HTTP library does: half-close, reset, not read. */
export class RawClient implements Disposable {
  /** The socket, for what has no method here. */
  readonly socket: Socket;
  #received: Buffer[] = [];
  #receivedBytes = 0;
  #end: ServerEnd | undefined;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received.push(chunk);
      this.#receivedBytes += chunk.length;
      this.#wake?.();
    });
    socket.on('end', () => this.#onEnd('fin'));
    socket.on('error', () => this.#onEnd('reset'));
    socket.on('close', () => this.#onEnd('reset'));
  }

  /** Connects; with `isReading: false` nothing is read until {@link readOn}. */
  static async open(port: number, { isReading = true, host = '127.0.0.1' } = {}): Promise<RawClient> {
    const socket = connect({ port, host, allowHalfOpen: true, noDelay: true });
    await once(socket, 'connect');
    const client = new RawClient(socket);
    if (!isReading) socket.pause();
    return client;
  }

  /** Writes text (one byte a character) or bytes. */
  send(bytes: string | Uint8Array): void {
    if (typeof bytes === 'string') this.socket.write(bytes, 'latin1');
    else this.socket.write(bytes);
  }

  /** Ends our side; the server's may go on. */
  halfClose(): void {
    this.socket.end();
  }

  /** Leaves with a RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Begins to read, or reads again. */
  readOn(): void {
    this.socket.resume();
  }

  /** All that came and was not taken, one character a byte. */
  get text(): string {
    return Buffer.concat(this.#received).toString('latin1');
  }

  /** Takes up to and with the first match. Rejects where the server ends before it. */
  async until(pattern: string | RegExp): Promise<string> {
    for (;;) {
      const { text } = this;
      const at = typeof pattern === 'string' ? text.indexOf(pattern) : text.search(pattern);
      if (at >= 0) {
        const match = typeof pattern === 'string' ? pattern : (pattern.exec(text)?.[0] ?? '');
        return this.#take(at + match.length);
      }
      await this.#more(`${pattern}`);
    }
  }

  /** Takes exactly so many bytes. */
  async bytes(count: number): Promise<string> {
    while (this.#receivedBytes < count) await this.#more(`${count} bytes`);
    return this.#take(count);
  }

  /** Takes one reply with a content-length, or with none and no content. */
  async reply({ isHead = false } = {}): Promise<string> {
    const head = await this.until('\r\n\r\n');
    const length = /\r\ncontent-length: (\d+)/.exec(head)?.[1] ?? '0';
    return isHead ? head : head + (await this.bytes(Number(length)));
  }

  /** Takes all there is until the server ends. */
  async rest(): Promise<{ readonly text: string; readonly end: ServerEnd }> {
    while (this.#end === undefined) await this.#event();
    return { text: this.#take(this.#receivedBytes), end: this.#end };
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #take(count: number): string {
    const all = Buffer.concat(this.#received);
    this.#received = [all.subarray(count)];
    this.#receivedBytes = all.length - count;
    return all.toString('latin1', 0, count);
  }

  async #more(what: string): Promise<void> {
    if (this.#end !== undefined) {
      throw new Error(
        `The server ended (${this.#end}) before ${what}; there is ${JSON.stringify(this.text)}.`,
      );
    }
    await this.#event();
  }

  #event(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #onEnd(end: ServerEnd): void {
    this.#end ??= end;
    this.#wake?.();
  }
}
