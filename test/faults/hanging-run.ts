import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { canDuplicateConnections } from '#native/socket-descriptor.ts';
import { MAIN, PROJECT_ROOT, type SpawnedHeddle, spawnHeddle } from '../support/spawn-heddle.ts';
import { RawConnection } from '../system/raw-connection.ts';

/** The app of all these tests: the examples' faults, and requests that wait. */
export const HANGS_APP = 'test/faults/fixtures/hangs.ts';

/** The faults themselves, as a file below the checkout. */
export const FAULTS_APP = 'examples/faults/app.ts';

/** How the report names a request that is known to hold the thread. */
export function requestLine(path: string): string {
  return `    request: GET ${path} (for `;
}

/** Long enough that a busy machine has answered a dozen new connections by then. */
const HANG_TIMEOUT = '2500ms';
const FRESH_CONNECTIONS = 12;

/** Who answered. */
export interface Who {
  /** The number of its place. */
  readonly thread: number;
  /** Node's number of it, which no other ever has. */
  readonly threadId: number;
}

/** What may differ from two threads and a server that can move connections wherever this Node can. */
export interface HangOptions {
  /** Another app that can do the same. @default HANGS_APP */
  readonly app?: string;
  /** How many server threads. @default 2 */
  readonly threads?: number;
  /** More arguments; they override those of the run. */
  readonly args?: readonly string[];
  /** `false`: as on a Node without `node:ffi`, where connections cannot be moved. @default true */
  readonly ffi?: boolean;
}

/** A server whose threads are made to hang. */
export class HangingRun implements AsyncDisposable {
  readonly heddle: SpawnedHeddle;
  /** Whether idle connections outlive their thread. */
  readonly canMove: boolean;

  private constructor(heddle: SpawnedHeddle, canMove: boolean) {
    this.heddle = heddle;
    this.canMove = canMove;
  }

  /**
   * Starts the server.
   * @param options threads, arguments, and whether this Node may use `node:ffi`
   */
  static async start({
    app = HANGS_APP,
    threads = 2,
    args = [],
    ffi = true,
  }: HangOptions = {}): Promise<HangingRun> {
    const canMove = ffi && canDuplicateConnections();
    const flags = canDuplicateConnections() && !ffi ? ['--no-experimental-ffi'] : [];
    const heddle = await spawnHeddle(
      [app, '--threads', `${threads}`, '--hang-timeout', HANG_TIMEOUT, ...args],
      { command: [process.execPath, ...flags, MAIN] },
    );
    return new HangingRun(heddle, canMove);
  }

  /** A new connection that has carried no request. */
  open(): Promise<RawConnection> {
    return RawConnection.open(this.heddle.url);
  }

  /** Asks on a new connection who answers there. */
  async ask(): Promise<Who> {
    await using connection = await this.open();
    return await whoAnswers(connection);
  }

  /**
   * Connections that the same thread has accepted, each between two requests.
   * @param count how many
   * @param thread whose; without it, that of the first
   */
  async openOnOneThread(count: number, thread?: Who): Promise<{ who: Who; connections: RawConnection[] }> {
    const connections: RawConnection[] = [];
    let who = thread;
    while (connections.length < count) {
      const connection = await this.open();
      const answering = await whoAnswers(connection);
      who ??= answering;
      if (answering.threadId === who.threadId) connections.push(connection);
      else await connection[Symbol.asyncDispose]();
    }
    assert.ok(who);
    return { who, connections };
  }

  /**
   * Makes the thread of a connection hang, or stall; resolves when it does, and accepts nothing any more.
   * @param path of a request that the app announces
   */
  async hold(connection: RawConnection, path: string): Promise<void> {
    connection.get(path);
    await this.heddle.waitForOutput(/^the thread is held now$/m);
  }

  /** Resolves when so many new connections were answered. */
  async untilAnswered(count: number): Promise<void> {
    for (let answered = 0; answered < count; answered += 1) await this.ask();
  }

  /** Resolves when so many new connections on end were answered by this thread, and by no other. */
  async untilAnsweredBy({ threadId }: Who, count: number): Promise<void> {
    for (let answered = 0; answered < count; ) {
      answered = (await this.ask()).threadId === threadId ? answered + 1 : 0;
    }
  }

  /** Asks until a thread other than this one answers in its place. */
  async untilReplaced(hung: Who): Promise<Who> {
    for (;;) {
      const who = await this.ask();
      if (who.thread === hung.thread && who.threadId !== hung.threadId) return who;
    }
  }

  /** Resolves with the log from where it says that this thread is given up, to what became of its clients. */
  async hangReport({ thread }: Pick<Who, 'thread'>): Promise<string> {
    const report = new RegExp(
      `error main (?:generation \\d: )?server-${thread} hangs since [\\s\\S]*? clients of server-${thread}: .*\\n`,
    );
    const [text] = report.exec(await this.heddle.waitForOutput(report)) ?? [];
    assert.ok(text);
    return text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.heddle[Symbol.asyncDispose]();
  }
}

/** Asks on this connection who answers. */
export async function whoAnswers(connection: RawConnection): Promise<Who> {
  const reply = await connection.fetch('/');
  assert.equal(reply.status, 200, reply.body);
  return JSON.parse(reply.body) as Who;
}

/**
 * Where the log has to point: the line of a file that contains this text.
 * @param file below the checkout
 */
export function lineOf(file: string, text: string): string {
  const at = readFileSync(PROJECT_ROOT + file, 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(text));
  assert.ok(at >= 0, `no line of ${file} has ${text}`);
  return `${PROJECT_ROOT}${file}:${at + 1}:`;
}

/** One way to hang, and what the log has to say of it. */
export interface Hang {
  /** The request that does it. */
  readonly path: string;
  /** Texts of the report: the request, the function, the file and its line. */
  readonly reported: readonly string[];
}

/**
 * A thread hangs with one connection in each state that there is: who connects is answered meanwhile, and of the
 * thread's clients each gets what its state allows.
 * @returns the thread that took the place
 */
export async function assertHangIsRelieved(run: HangingRun, { path, reported }: Hang): Promise<Who> {
  const { who, connections } = await run.openOnOneThread(7);
  const [culprit, waiting, half, streaming, idle, longIdle, unread] = connections as Seven;
  waiting.get('/never');
  streaming.get('/stream');
  half.send('GET / HTTP/1.1\r\nHost: ');
  await streaming.until('the first of many');
  // Behind two answers on one connection, what was sent before on others has been read: the loop has turned.
  assert.deepEqual([await whoAnswers(idle), await whoAnswers(idle)], [who, who]);

  await run.hold(culprit, path);
  await run.untilAnswered(FRESH_CONNECTIONS);
  unread.get('/');
  assert.doesNotMatch(run.heddle.stderr, /hangs since/);

  const report = await run.hangReport(who);
  for (const text of reported) {
    assert.ok(report.includes(text), `${text} is missing in:\n${report}`);
  }
  const counts = run.canMove
    ? '3 moved to other threads, 2 answered with 503, 2 closed'
    : '0 moved to other threads, 3 answered with 503, 2 closed';
  assert.match(report, new RegExp(`info main clients of server-${who.thread}: ${counts}\n`));

  for (const connection of [culprit, waiting]) await assertLastWord(connection);
  assert.equal(await half.untilGone(), '');
  assert.doesNotMatch(await streaming.untilGone(), /0\r\n\r\n$/);
  if (run.canMove) {
    for (const connection of [idle, longIdle]) {
      assert.notEqual((await whoAnswers(connection)).threadId, who.threadId);
    }
    const late = await unread.reply();
    assert.equal(late.status, 200);
    assert.notEqual((JSON.parse(late.body) as Who).threadId, who.threadId);
    // And goes on to live.
    await whoAnswers(unread);
  } else {
    for (const connection of [idle, longIdle]) assert.equal(await connection.untilEnd(), '');
    await assertLastWord(unread);
  }
  return run.untilReplaced(who);
}

type Seven = [
  RawConnection,
  RawConnection,
  RawConnection,
  RawConnection,
  RawConnection,
  RawConnection,
  RawConnection,
];

/** A whole 503 that says that it is the last, and an orderly end behind it. */
export async function assertLastWord(connection: RawConnection): Promise<void> {
  const reply = await connection.reply();
  assert.equal(reply.statusLine, 'HTTP/1.1 503 Service Unavailable');
  assert.equal(reply.headers.get('connection'), 'close');
  assert.equal(reply.headers.get('retry-after'), undefined);
  assert.equal(reply.body, '503 Service Unavailable\n');
  assert.equal(await connection.untilEnd(), '');
}
