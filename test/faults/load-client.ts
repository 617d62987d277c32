// A client that keeps a server under load, in a process of its own, so that neither disturbs the other's event loop.
// Forked with the port, the modes and what is slow as arguments; ends when told 'stop', or by itself after MOST_MS.
import { connect, type Socket } from 'node:net';

/** How a request ended: answered, or what became of its connection instead. */
export type Outcome = `status ${number}` | 'reset' | 'refused' | 'timeout' | 'closed before answer' | 'error';

/** One request that was not answered with 200. */
export interface Loss {
  /** What became of it. */
  readonly outcome: Outcome;
  /** One request a connection, or many. */
  readonly mode: LoadMode;
  /** The number of the thread that answered on this connection before; `undefined` where none had. */
  readonly threadId: number | undefined;
  /** The client's port, by which the server knows the connection too. */
  readonly port: number;
  /** When it was opened and when it was lost, in milliseconds since 1970: the system gives out ports again. */
  readonly openedAt: number;
  readonly lostAt: number;
}

/** One answer that was slow to come. */
export interface Wait {
  /** Whether it was the first on its connection: then the wait began when the client asked for the connection. */
  readonly isFirst: boolean;
  /** The client's port, by which the server knows the connection too. */
  readonly port: number;
  /** When the connection was opened and when the answer came, in milliseconds since 1970. */
  readonly openedAt: number;
  readonly answeredAt: number;
  /** How long it took: at least what the client was told to call slow. */
  readonly waitedMs: number;
}

/** How connections are used: one request each, or for as long as the server keeps them. */
export type LoadMode = 'keep-alive' | 'close';

/** What the client has seen. */
export interface LoadReport {
  /** How many requests ended in which way, by mode. */
  readonly outcomes: Readonly<Record<LoadMode, Readonly<Record<string, number>>>>;
  /** Those that were not answered with 200, each. */
  readonly losses: readonly Loss[];
  /** Those that were answered slowly, each. */
  readonly waits: readonly Wait[];
  /** How many answers came from each thread, by Node's number of it. */
  readonly answersByThread: Readonly<Record<string, number>>;
}

/** The first answer of a thread. */
export interface Sighting {
  /** Node's number of it. */
  readonly threadId: number;
  /** The number of its place, where the app tells it. */
  readonly thread?: number;
  /** When the answer came, in milliseconds since 1970. */
  readonly at: number;
}

/** What the client tells its parent. */
export type LoadMessage =
  /** This thread has answered for the first time. */
  | ({ readonly kind: 'thread' } & Sighting)
  /** So many answers have come. */
  | { readonly kind: 'answers'; readonly count: number }
  | { readonly kind: 'report'; readonly report: LoadReport };

const MOST_MS = 60_000;
const REQUEST_MS = 15_000;
const ANSWERS_A_MESSAGE = 50;
/** Between two requests of one connection: a load that leaves the machine room for others. */
const PAUSE_MS = 2;

const [port = '', keepAliveCount = '0', closeCount = '0', slowMs = '0'] = process.argv.slice(2);
const outcomes: Record<LoadMode, Record<string, number>> = { 'keep-alive': {}, close: {} };
const losses: Loss[] = [];
const waits: Wait[] = [];
const answersByThread: Record<string, number> = {};
let answers = 0;
let isStopping = false;

process.on('message', (message) => {
  if (message === 'stop') isStopping = true;
});
process.on('disconnect', () => process.exit(1));
setTimeout(() => process.exit(1), MOST_MS).unref();

/** One lane of load: as soon as a connection is gone the next is opened. */
async function run(mode: LoadMode): Promise<void> {
  while (!isStopping) {
    const { promise, resolve } = Promise.withResolvers<void>();
    new Exchange(mode, resolve);
    await promise;
    await pause();
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}

function tell(message: LoadMessage): void {
  process.send?.(message);
}

function count(mode: LoadMode, outcome: Outcome): void {
  const counts = outcomes[mode];
  counts[outcome] = (counts[outcome] ?? 0) + 1;
}

/** One connection and the requests on it. */
class Exchange {
  readonly #mode: LoadMode;
  readonly #onEnd: () => void;
  readonly #socket: Socket;
  #received = '';
  #threadId: number | undefined;
  #port = 0;
  readonly #openedAt = Date.now();
  #askedAt = this.#openedAt;
  #isFirst = true;
  #isWaiting = false;
  #isOver = false;

  constructor(mode: LoadMode, onEnd: () => void) {
    this.#mode = mode;
    this.#onEnd = onEnd;
    this.#socket = connect({ host: '127.0.0.1', port: Number(port), noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.setTimeout(REQUEST_MS, () => this.#end('timeout'));
    this.#socket.on('connect', () => {
      this.#port = this.#socket.localPort ?? 0;
    });
    this.#socket.on('data', (text: string) => this.#onData(text));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#end(outcomeOf(error)));
    this.#socket.on('close', () => this.#end('closed before answer'));
    this.#send();
  }

  #send(): void {
    this.#isWaiting = true;
    this.#askedAt = Date.now();
    const fields = this.#mode === 'close' ? 'Connection: close\r\n' : '';
    this.#socket.write(`GET / HTTP/1.1\r\nHost: load.test\r\n${fields}\r\n`);
  }

  #onData(text: string): void {
    this.#received += text;
    const match = /^HTTP\/1\.1 (\d{3}) [\s\S]*?\r\n\r\n/.exec(this.#received);
    if (match === null) return;
    const [head, status] = match;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (this.#received.length < head.length + length) return;
    const body = this.#received.slice(head.length, head.length + length);
    this.#received = '';
    this.#isWaiting = false;
    this.#onAnswer(Number(status), body, /\r\nconnection: close/i.test(head));
  }

  #onAnswer(status: number, body: string, isLast: boolean): void {
    count(this.#mode, `status ${status}`);
    if (status === 200) this.#noteThread(JSON.parse(body) as Omit<Sighting, 'at'>);
    else this.#noteLoss(`status ${status}`);
    this.#noteWait();
    answers += 1;
    if (answers % ANSWERS_A_MESSAGE === 0) tell({ kind: 'answers', count: answers });
    if (isLast || isStopping) this.#end(undefined);
    else
      void pause().then(() => {
        if (!this.#isOver) this.#send();
      });
  }

  #noteWait(): void {
    const answeredAt = Date.now();
    const waitedMs = answeredAt - this.#askedAt;
    if (waitedMs >= Number(slowMs)) {
      waits.push({
        ...{ isFirst: this.#isFirst, port: this.#port, openedAt: this.#openedAt },
        ...{ answeredAt, waitedMs },
      });
    }
    this.#isFirst = false;
  }

  #noteThread({ threadId, thread }: Omit<Sighting, 'at'>): void {
    this.#threadId = threadId;
    const before = answersByThread[threadId] ?? 0;
    answersByThread[threadId] = before + 1;
    if (before === 0)
      tell({ kind: 'thread', threadId, ...(thread === undefined ? {} : { thread }), at: Date.now() });
  }

  /** `undefined`: ended as it should. A connection without a request on it may be closed by the server at any time. */
  #end(outcome: Outcome | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.destroy();
    if (outcome !== undefined && this.#isWaiting) {
      count(this.#mode, outcome);
      this.#noteLoss(outcome);
    }
    this.#onEnd();
  }

  #noteLoss(outcome: Outcome): void {
    losses.push({
      ...{ outcome, mode: this.#mode, threadId: this.#threadId, port: this.#port },
      ...{ openedAt: this.#openedAt, lostAt: Date.now() },
    });
  }
}

function outcomeOf({ code }: NodeJS.ErrnoException): Outcome {
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'reset';
  return code === 'ECONNREFUSED' ? 'refused' : 'error';
}

await Promise.all([
  ...Array.from({ length: Number(keepAliveCount) }, () => run('keep-alive')),
  ...Array.from({ length: Number(closeCount) }, () => run('close')),
]);
const report: LoadReport = { outcomes, losses, waits, answersByThread };
// A long one is cut where the channel is closed before it has left.
process.send?.({ kind: 'report', report } satisfies LoadMessage, () => process.disconnect?.());
