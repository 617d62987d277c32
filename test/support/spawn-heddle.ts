import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** The checkout's root, with a slash at its end. */
export const PROJECT_ROOT: string = fileURLToPath(new URL('../../', import.meta.url));

/** The command line's entry, run from source. */
export const MAIN: string = `${PROJECT_ROOT}src/cli/main.ts`;

/** How a process ended: one of the two is null. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What may differ from "this Node runs `src/cli/main.ts` in the checkout". */
export interface SpawnOptions {
  /** The program and what stands before the arguments. @default [process.execPath, MAIN] */
  readonly command?: readonly [string, ...string[]];
  /** The working directory. @default PROJECT_ROOT */
  readonly cwd?: string;
  /** Added to this process's environment; `undefined` takes a name out of it. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** How long the server may take until it has printed its URL, in milliseconds. @default 20000 */
  readonly startMs?: number;
  /** Whether `--port 0` is put behind the arguments, so that no fixed port is taken. @default true */
  readonly anyPort?: boolean;
  /** Descriptors of this process that the child gets as its number 3, 4, ... @default none */
  readonly pass?: readonly number[];
}

/** A heddle that runs as a child process; `await using` ends it with the test. */
export class SpawnedHeddle implements AsyncDisposable {
  /** Where it serves, with a slash at its end; on a Unix domain socket the path of its file. */
  readonly url: string;
  /** The process id, for signals of the test's own. */
  readonly pid: number;
  /** Settles once the process has ended and both of its outputs are read to their end. */
  readonly exited: Promise<Exit>;
  readonly #child: Child;
  readonly #output: Output;

  constructor(url: string, pid: number, child: Child, output: Output, exited: Promise<Exit>) {
    this.url = url;
    this.pid = pid;
    this.exited = exited;
    this.#child = child;
    this.#output = output;
  }

  /** What it has written to stdout so far. */
  get stdout(): string {
    return this.#output.stdout;
  }

  /** What it has written to stderr so far. */
  get stderr(): string {
    return this.#output.stderr;
  }

  /** Settles with everything written so far once stdout or stderr matches; rejects if it ends without. */
  async waitForOutput(pattern: RegExp): Promise<string> {
    for (;;) {
      const written = this.stdout + this.stderr;
      if (pattern.test(written)) return written;
      const ended = await Promise.race([this.#output.grew().then(() => false), this.exited.then(() => true)]);
      if (ended && !pattern.test(this.stdout + this.stderr)) {
        throw new Error(`heddle ended without printing ${pattern}. ${this.#output.describe()}`);
      }
    }
  }

  /**
   * Asks it to end and waits until it has. If it has not ended after `patienceMs`, it is killed, and the exit
   * says so (`signal: 'SIGKILL'`).
   */
  async stop(signal: NodeJS.Signals = 'SIGTERM', patienceMs = 20_000): Promise<Exit> {
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), patienceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }
}

/**
 * Starts heddle's command line as a child process on a free port and waits for the line with its URL.
 * @param args the command's arguments: the folder or app, then flags
 * @throws if it ends, or says nothing within `startMs`; the message carries all that it printed
 */
export async function spawnHeddle(
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<SpawnedHeddle> {
  const child = spawnCommand(args, options);
  const output = new Output(child);
  const exited = exitOf(child);
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), options.startMs ?? 20_000);
  const late = once(deadline.signal, 'abort').then(() => 'late' as const);
  const gone = exited.then(() => 'gone' as const);
  try {
    for (;;) {
      const url = /(?<!admin on )http:\/\/\S+|(?<= on )\/\S+(?= \()/.exec(output.completeLines)?.[0];
      if (url !== undefined && child.pid !== undefined)
        return new SpawnedHeddle(url, child.pid, child, output, exited);
      const outcome = await Promise.race([output.grew(), late, gone]);
      if (outcome === undefined) continue;
      child.kill('SIGKILL');
      await exited;
      const what = outcome === 'gone' ? 'ended before it served' : 'did not say in time where it serves';
      throw new Error(`heddle ${args.join(' ')} ${what}. ${output.describe()}`);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Runs heddle's command line to its end, for what it does without serving: `--help`, errors. */
export async function runHeddle(
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<Exit & { readonly stdout: string; readonly stderr: string }> {
  const child = spawnCommand(args, { anyPort: false, ...options });
  const output = new Output(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), options.startMs ?? 20_000);
  const exit = await exitOf(child);
  clearTimeout(timer);
  return { ...exit, stdout: output.stdout, stderr: output.stderr };
}

function spawnCommand(args: readonly string[], options: SpawnOptions): Child {
  const [program, ...before] = options.command ?? [process.execPath, MAIN];
  const port = options.anyPort === false ? [] : ['--port', '0'];
  // The test runner's own variable would make the child print in the runner's protocol.
  const env = {
    ...process.env,
    NODE_TEST_CONTEXT: undefined,
    PORT: undefined,
    HOST: undefined,
    LISTEN_PID: undefined,
    LISTEN_FDS: undefined,
    ...options.env,
  };
  return spawn(program, [...before, ...args, ...port], {
    cwd: options.cwd ?? PROJECT_ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe', ...(options.pass ?? [])],
  }) as Child;
}

function exitOf(child: Child): Promise<Exit> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

/** Both outputs of a child, kept whole, with a promise for the next piece. */
class Output {
  stdout = '';
  stderr = '';
  #waiting: (() => void)[] = [];

  constructor(child: Child) {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#wake();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#wake();
    });
  }

  /** stdout up to its last line end: a URL that is cut by a chunk's end is not read as a whole one. */
  get completeLines(): string {
    return this.stdout.slice(0, this.stdout.lastIndexOf('\n') + 1);
  }

  grew(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  describe(): string {
    return `stdout: ${JSON.stringify(this.stdout)}, stderr:\n${this.stderr}`;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
