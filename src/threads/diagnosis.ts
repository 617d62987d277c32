import { readFileSync } from 'node:fs';
import type { Session } from 'node:inspector';

/** One frame of a thread that was stopped. */
export interface StackFrame {
  /** The function's name; empty for one without. */
  readonly functionName: string;
  /** The script, as a URL. */
  readonly url: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** What was found of a thread that does not move. */
export type Diagnosis =
  /** It was in JavaScript. */
  | {
      readonly kind: 'javascript';
      /** From the innermost frame on. */
      readonly frames: readonly StackFrame[];
      /** What the expression gave in the innermost frame; `undefined` where it gave nothing that can be told. */
      readonly value: unknown;
    }
  /** It did not stop: native code holds it. */
  | {
      readonly kind: 'native';
      /** What the system says of it, such as `state R, wchan 0`; empty where it says nothing. */
      readonly detail: string;
    };

/** Whom to look at, and how long. */
export interface DiagnosisRequest {
  /** The thread's id, as `node:worker_threads` counts. */
  readonly threadId: number;
  /** Its id in the operating system, for what `/proc` tells; 0 where it is not known. */
  readonly systemId: number;
  /** Evaluated in the innermost frame, in whatever was going on there. */
  readonly expression: string;
  /** How long the thread may take to stop, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether it has been at the same for seconds; see {@link CAN_STEP_ANYWHERE}. */
  readonly isHot: boolean;
}

interface CallFrame {
  readonly callFrameId: string;
  readonly functionName: string;
  readonly url: string;
  readonly location: {
    readonly scriptId: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
}

type Reply = {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
};

/** How long a stopped thread may take to answer; on a machine with much to do it comes late to that. */
const EVALUATE_MS = 2000;
/** How long a stopped thread may take to go on. */
const RESUME_MS = 1000;
/** How often a thread is stopped until it is somewhere that says something. */
const MOST_PAUSES = 20;
const MOST_TRIES = 10;
/**
 * Whether a step is safe wherever a thread is. On Node 24 V8 aborts the process where it meets a function that is being
 * optimized at that moment; in a loop that has run for seconds there is none left.
 */
export const CAN_STEP_ANYWHERE: boolean = Number(process.versions.node.split('.')[0]) >= 26;
const RETRY_MS = 200;

/**
 * Stops a thread where it is, looks at its stack, and lets it go on. The debugger is attached for this alone: 15 to 40
 * ms, and nothing before or after.
 *
 * A stopped thread can be neither terminated nor exited past, so it is let go on whatever happens, with a deadline of
 * its own; {@link whileStopped} tells others to wait. One at a time: call it again when it has resolved.
 */
export function diagnose(request: DiagnosisRequest): Promise<Diagnosis> {
  const diagnosis = stopAndLook(request);
  const over = diagnosis.then(
    () => undefined,
    () => undefined,
  );
  stopped = over;
  void over.then(() => {
    if (stopped === over) stopped = undefined;
  });
  return diagnosis;
}

let stopped: Promise<void> | undefined;

/**
 * What to wait for before a thread is terminated or the process exits: resolves when no thread is stopped any more.
 * @returns `undefined` where none is
 */
export function whileStopped(): Promise<void> | undefined {
  return stopped;
}

async function stopAndLook(request: DiagnosisRequest): Promise<Diagnosis> {
  // Not for the thousands of starts after which nothing hangs: loading it takes 4 ms.
  const { Session } = await import('node:inspector');
  const session = new Session();
  session.connect();
  const thread = new StoppedThread(session, request.threadId);
  try {
    const mostPauses = request.isHot || CAN_STEP_ANYWHERE ? MOST_PAUSES : 1;
    const frames = await withDeadline(thread.pauseInScript(mostPauses), request.timeoutMs);
    if (frames === undefined) return { kind: 'native', detail: systemState(request.systemId) };
    const value = await withDeadline(thread.evaluate(request.expression), EVALUATE_MS);
    return { kind: 'javascript', frames: frames.map((frame) => thread.describe(frame)), value };
  } finally {
    await withDeadline(thread.resume(), RESUME_MS);
    thread.end();
  }
}

/** The debugger's side of one worker thread, spoken to through the session of this one. */
class StoppedThread {
  readonly #session: Session;
  readonly #title: string;
  readonly #attached = Promise.withResolvers<string>();
  #paused = Promise.withResolvers<readonly CallFrame[]>();
  readonly #scripts = new Map<string, string>();
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #sessionId: string | undefined;
  #frames: readonly CallFrame[] = [];
  #lastId = 0;
  /** It is being let go on. A step that came behind `Debugger.disable` would abort the process: V8 checks that. */
  #isLeaving = false;
  #isOver = false;

  constructor(session: Session, threadId: number) {
    this.#session = session;
    this.#title = `[worker ${threadId}]`;
    session.on('NodeWorker.attachedToWorker', ({ params }) => {
      if (params.workerInfo.title.startsWith(this.#title)) this.#attached.resolve(params.sessionId);
    });
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      if (params.sessionId === this.#sessionId) this.#onMessage(JSON.parse(params.message) as Reply);
    });
  }

  /**
   * Stops the thread in code of a script. Between two microtasks it may be stopped in Node's own code alone, which says
   * nothing: then it goes on to the next function. To be let go and stopped anew would lead it to the same place.
   */
  async pauseInScript(mostPauses: number): Promise<readonly CallFrame[]> {
    this.#session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
    this.#sessionId = await this.#attached.promise;
    await this.#askToPause();
    for (let left = mostPauses; ; left -= 1) {
      this.#frames = await this.#paused.promise;
      if (
        left === 1 ||
        this.#isLeaving ||
        this.#frames.some((frame) => this.describe(frame).url.startsWith('file:'))
      ) {
        return this.#frames;
      }
      await this.#stepInto();
    }
  }

  /** Not again where it has answered: it would stop once more when it is let go. */
  async #askToPause(): Promise<void> {
    for (let tries = 0; tries < MOST_TRIES && !this.#isLeaving; tries += 1) {
      void this.#send('Debugger.enable');
      const answer = this.#send('Debugger.pause');
      if ((await withDeadline(Promise.race([answer, this.#paused.promise]), RETRY_MS)) !== undefined) return;
    }
  }

  async #stepInto(): Promise<void> {
    this.#paused = Promise.withResolvers();
    // As in #insist(), but the answer that counts is that it has stopped again.
    for (let tries = 0; tries < MOST_TRIES && !this.#isLeaving; tries += 1) {
      void this.#send('Debugger.stepInto');
      if ((await withDeadline(this.#paused.promise, RETRY_MS)) !== undefined) return;
    }
  }

  /** Whoever is still waited for then is sent nothing any more. */
  end(): void {
    this.#isOver = true;
    this.#session.disconnect();
  }

  async evaluate(expression: string): Promise<unknown> {
    const callFrameId = this.#frames[0]?.callFrameId;
    if (callFrameId === undefined) return undefined;
    const options = { callFrameId, expression, returnByValue: true, silent: true };
    const reply = await this.#insist('Debugger.evaluateOnCallFrame', options);
    const { result, exceptionDetails } = (reply?.result ?? {}) as {
      result?: { value?: unknown };
      exceptionDetails?: unknown;
    };
    return exceptionDetails === undefined ? result?.value : undefined;
  }

  /** A thread that did not stop answers nothing, and a pause that was asked for may still come: it is taken back. */
  async resume(): Promise<void> {
    this.#isLeaving = true;
    if (this.#sessionId === undefined) return;
    if (this.#frames.length > 0) await this.#insist('Debugger.resume');
    else void this.#send('Debugger.resume');
    const disabled = this.#send('Debugger.disable');
    if (this.#frames.length > 0) await disabled;
  }

  describe({ functionName, url, location }: CallFrame): StackFrame {
    return {
      functionName,
      url: this.#scripts.get(location.scriptId) ?? url,
      line: location.lineNumber + 1,
      column: location.columnNumber + 1,
    };
  }

  /** A thread that has just stopped may miss a message until the next one comes (seen once in some twenty pauses). */
  async #insist(method: string, params: object = {}): Promise<Reply | undefined> {
    const replies: Promise<Reply>[] = [];
    const wasLeaving = this.#isLeaving;
    for (let tries = 0; tries < MOST_TRIES && this.#isLeaving === wasLeaving; tries += 1) {
      replies.push(this.#send(method, params));
      const reply = await withDeadline(Promise.race(replies), RETRY_MS);
      if (reply !== undefined) return reply;
    }
    return undefined;
  }

  #send(method: string, params: object = {}): Promise<Reply> {
    // A session that is disconnected would throw.
    if (this.#isOver) return new Promise(() => undefined);
    this.#lastId += 1;
    const id = this.#lastId;
    const message = JSON.stringify({ id, method, params });
    this.#session.post('NodeWorker.sendMessageToWorker', { sessionId: this.#sessionId ?? '', message });
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  #onMessage(reply: Reply): void {
    if (reply.id !== undefined) {
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
    } else if (reply.method === 'Debugger.scriptParsed') {
      const { scriptId, url } = reply.params as { scriptId: string; url: string };
      this.#scripts.set(scriptId, url);
    } else if (reply.method === 'Debugger.paused') {
      this.#paused.resolve((reply.params as { callFrames: readonly CallFrame[] }).callFrames);
    }
  }
}

function withDeadline<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, ms, undefined);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}

/** What Linux says of a thread of this process. */
function systemState(systemId: number): string {
  if (systemId === 0) return '';
  try {
    const folder = `/proc/self/task/${systemId}/`;
    const stat = readFileSync(`${folder}stat`, 'latin1');
    const [state = '?', ...numbers] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const cpuTicks = Number(numbers[10]) + Number(numbers[11]);
    const wchan = readFileSync(`${folder}wchan`, 'latin1');
    return `state ${state}, waits in ${wchan === '0' || wchan === '' ? 'nothing' : wchan}, ${cpuTicks / 100} s of CPU time so far`;
  } catch {
    return '';
  }
}
