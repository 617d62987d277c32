import { read } from 'node:fs';
import type { Socket } from 'node:net';
import type { ExchangeOutcome } from '#exchange/exchange-log.ts';
import type { FileBody } from '#exchange/reply.ts';
import type { ServerProtocol } from '#http1/server-protocol.ts';
import { bytesTaken } from '#native/bytes-taken.ts';
import { readCached } from '#native/cached-read.ts';
import type { TrafficMeter } from './traffic-meter.ts';

/** Text waiting to be sent is handed to the socket at this length, so that pipelined answers do not pile up. */
const FLUSH_ABOVE_CHARACTERS = 65_536;
/** The size of one read of a file, and the most that waits in the socket for a slow reader. */
const FILE_PART_BYTES = 131_072;
/** A file in memory, and a reader that is fast, must not keep others waiting. */
const MOST_BYTES_A_TURN = 262_144;
/** A large body in memory goes out in parts of this size, so that its progress can be seen. */
const MEMORY_PART_BYTES = 262_144;

/** What a writer tells its connection. */
export interface WriterOwner {
  /** A part of some content was handed to the socket: from now on the peer has to read it. */
  onPartWritten(): void;
}

/** The connection ended while something waited to be sent on it. */
export class ConnectionEnded extends Error {
  override readonly name = 'ConnectionEnded';
  /** How the exchange ended, for a log. */
  readonly outcome: EarlyEnd;

  /**
   * @param message what happened
   * @param outcome how the exchange ended
   */
  constructor(message: string, outcome: EarlyEnd = 'aborted', options?: ErrorOptions) {
    super(message, options);
    this.outcome = outcome;
  }
}

/** What a request is told whose peer was gone first. */
export const PEER_CLOSED = 'The peer closed the connection before the answer was sent.';

/**
 * Why an exchange ends with its connection. An error costs 5 us for its stack: where nobody is left to be told there is none.
 * @param content of the request, as far as it has not come
 * @param request that was read last
 * @param message what happened
 * @param outcome how the exchange ended
 */
export function endOf(
  content: object | undefined,
  request: { readonly isOver: boolean },
  message: string,
  outcome?: EarlyEnd,
): ConnectionEnded | undefined {
  return content === undefined && request.isOver ? undefined : new ConnectionEnded(message, outcome);
}

type EarlyEnd = Extract<ExchangeOutcome, 'aborted' | 'stalled' | 'failed' | 'cut'>;

/**
 * The way out of one connection. Answers that come in one turn are joined and written once; content that comes over
 * time waits for the peer to read what was sent, so a slow reader costs one part of memory, whatever is sent to it.
 */
export class ReplyWriter {
  /** How much content went out in parts and was taken by the system or waits in the socket, in bytes; for who sets it back. */
  contentSent = 0;
  readonly #socket: Socket;
  readonly #owner: WriterOwner;
  readonly #meter: TrafficMeter | undefined;
  #outbox = '';
  #drainWaiter: { resolve(): void; reject(error: Error): void } | undefined;
  #iterator: AsyncIterator<Uint8Array> | undefined;
  #hasEnded = false;
  #isCorked = false;
  #takenBytes = 0;
  #stalledSince: number | undefined;

  /**
   * @param socket the connection's
   * @param owner the connection
   * @param meter counts what is written
   */
  constructor(socket: Socket, owner: WriterOwner, meter?: TrafficMeter) {
    this.#socket = socket;
    this.#owner = owner;
    this.#meter = meter;
  }

  /** Whether the peer has to read before more should be written. */
  get isBlocked(): boolean {
    return this.#socket.writableNeedDrain;
  }

  /** Whether everything that was written is with the kernel. */
  get isEmpty(): boolean {
    return this.#outbox === '' && !this.hasUnsent;
  }

  /** Whether bytes wait for the peer to read. */
  get hasUnsent(): boolean {
    return this.#socket.writableLength > 0;
  }

  /**
   * By when the peer has to read on. Only what it reads moves the deadline; what it sends does not.
   * @param now in milliseconds
   * @param stallMs how long it may read nothing
   * @returns `Infinity` where nothing is left for it to read
   */
  stallDeadline(now: number, stallMs: number): number {
    const unsentBytes = this.#socket.writableLength;
    if (unsentBytes === 0) {
      this.#stalledSince = undefined;
      return Number.POSITIVE_INFINITY;
    }
    const takenBytes = bytesTaken(this.#socket);
    if (this.#stalledSince === undefined || takenBytes !== this.#takenBytes) this.#stalledSince = now;
    this.#takenBytes = takenBytes;
    return this.#stalledSince + stallMs;
  }

  /**
   * Sends a whole message, or with others at the end of this turn.
   * @param message a string of one byte a character, or bytes
   */
  write(message: string | Uint8Array): void {
    if (typeof message === 'string') {
      this.#outbox += message;
      if (this.#outbox.length > FLUSH_ABOVE_CHARACTERS) this.flush();
      return;
    }
    this.#meter?.onSent(message.length);
    if (this.#outbox === '') {
      this.#socket.write(message);
      return;
    }
    this.#socket.cork();
    this.flush();
    this.#socket.write(message);
    this.#socket.uncork();
  }

  /** Hands what was joined to the socket. */
  flush(): void {
    if (this.#outbox === '') return;
    const text = this.#outbox;
    this.#outbox = '';
    this.#meter?.onSent(text.length);
    this.#socket.write(text, 'latin1');
  }

  /**
   * Sends content as it comes.
   * @throws what the content throws, `ReplyError` for a body of another length than promised, `ConnectionEnded`
   */
  async sendIterable(body: AsyncIterable<Uint8Array>, protocol: ServerProtocol): Promise<void> {
    const iterator = body[Symbol.asyncIterator]();
    this.#iterator = iterator;
    this.#flushSoon();
    try {
      for (;;) {
        const { done, value } = await iterator.next();
        if (this.#hasEnded) throw new ConnectionEnded('The connection ended before the answer was sent.');
        if (done === true) break;
        await this.#send(protocol.sendData(value));
        this.contentSent += value.length;
      }
    } catch (error) {
      // An iterator that threw is done; one whose content could not be sent still has to be told.
      this.#iterator = undefined;
      cancelContent(iterator);
      throw error;
    }
    this.#iterator = undefined;
  }

  /**
   * Sends a body in memory in parts.
   * @throws `ReplyError`, `ConnectionEnded`
   */
  async sendBytes(body: Uint8Array, protocol: ServerProtocol): Promise<void> {
    this.#flushSoon();
    for (let start = 0; start < body.length; start += MEMORY_PART_BYTES) {
      const part = body.subarray(start, start + MEMORY_PART_BYTES);
      await this.#send(protocol.sendData(part));
      this.contentSent += part.length;
    }
  }

  /**
   * Sends part of a file; memory is one part, reused. Does not release the file.
   * @throws errors of the file system, `ReplyError`, `ConnectionEnded`
   */
  async sendFile(file: FileBody, protocol: ServerProtocol): Promise<void> {
    const part = Buffer.allocUnsafeSlow(Math.min(FILE_PART_BYTES, file.end - file.start));
    this.#flushSoon();
    let position = file.start;
    let sentInTurn = 0;
    while (position < file.end) {
      const length = Math.min(part.length, file.end - position);
      const bytesRead =
        readCached(file.fd, part, length, position) ?? (await readPart(file.fd, part, length, position));
      if (bytesRead === 0) break;
      position += bytesRead;
      if (position === file.end && file.isUnchanged?.() === false) throw new FileChanged();
      await this.#sendReused(protocol.sendData(part.subarray(0, bytesRead)));
      this.contentSent += bytesRead;
      sentInTurn += bytesRead;
      if (sentInTurn < MOST_BYTES_A_TURN) continue;
      sentInTurn = 0;
      await oneTurn();
    }
  }

  /**
   * Sends what ends the content.
   * @throws `ConnectionEnded`
   */
  sendEnd(pieces: readonly Uint8Array[]): Promise<void> {
    return this.#send(pieces);
  }

  /**
   * Sends something that means nothing to the peer, and then nothing: of a connection that its peer has reset only a
   * read or a write tells, and behind the peer's end nothing is read any more.
   * @param message the empty text where the peer was sent something before
   */
  probe(message: string | Uint8Array): void {
    this.write(message);
    this.flush();
    // Where bytes wait to be sent the socket hears of a reset by itself.
    if (!this.hasUnsent) this.#socket.write(NOTHING);
  }

  /** The socket can take more. */
  onDrain(): void {
    const waiter = this.#drainWaiter;
    this.#drainWaiter = undefined;
    waiter?.resolve();
  }

  /** The connection is over: whatever is being sent stops, and its source is told. */
  onEnded(): void {
    this.#hasEnded = true;
    if (this.#iterator !== undefined) cancelContent(this.#iterator);
    this.#iterator = undefined;
    const waiter = this.#drainWaiter;
    this.#drainWaiter = undefined;
    waiter?.reject(new ConnectionEnded('The connection ended before the answer was sent.'));
  }

  /** A head waits for the first of its content, but no longer than this turn. */
  #flushSoon(): void {
    process.nextTick(() => this.flush());
  }

  async #send(pieces: readonly Uint8Array[]): Promise<void> {
    if (this.#hasEnded) throw new ConnectionEnded('The connection ended before the answer was sent.');
    this.#corkForTurn();
    this.flush();
    this.#writePieces(pieces);
    this.#owner.onPartWritten();
    if (this.#socket.writableNeedDrain) {
      await new Promise<void>((resolve, reject) => {
        this.#drainWaiter = { resolve, reject };
      });
    }
  }

  /** Parts that a source gives in one turn leave in one write(2): each by itself cost 12 us, most of a streamed answer. */
  #corkForTurn(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      this.#socket.uncork();
    });
  }

  #writePieces(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      this.#meter?.onSent(piece.length);
      this.#socket.write(piece);
    }
  }

  /** Like {@link #send}, but waits until the socket is done with the bytes, which are overwritten next. */
  #sendReused(pieces: readonly Uint8Array[]): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#hasEnded) {
        reject(new ConnectionEnded('The connection ended before the answer was sent.'));
        return;
      }
      this.#drainWaiter = { resolve: () => undefined, reject };
      this.#socket.cork();
      this.flush();
      this.#writePieces(pieces);
      this.#socket.write(NOTHING, (cause) => {
        // A socket fails because of its peer: no fault of the app, whose failures are logged.
        if (cause) {
          const message = 'The connection ended before the answer was sent.';
          reject(new ConnectionEnded(message, 'aborted', { cause }));
        } else resolve();
      });
      this.#socket.uncork();
      this.#owner.onPartWritten();
    });
  }
}

/** Half of one state and half of another must not be taken for a file. */
class FileChanged extends Error {
  override readonly name = 'FileChanged';

  constructor() {
    super(
      'The file was written to while it was sent. Put new versions of large files in place by renaming them.',
    );
  }
}

const NOTHING: Buffer = Buffer.alloc(0);

function oneTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Tells the source of some content that nobody wants the rest; it is not waited for.
 * @param iterator one of its own
 */
export function cancelContent(iterator: AsyncIterator<Uint8Array>): void {
  try {
    iterator.return?.().catch(() => undefined);
  } catch {
    // A source that cannot even be cancelled has nothing more to lose.
  }
}

function readPart(fd: number, into: Buffer, length: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, into, 0, length, position, (error, bytesRead) => (error ? reject(error) : resolve(bytesRead)));
  });
}
