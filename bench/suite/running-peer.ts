import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** How a server is started for one measurement. */
export interface StartCommand {
  /** The program and its arguments. */
  readonly command: readonly [string, ...string[]];
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Which CPUs it may use, as taskset has them. @default 0 */
  readonly cpus?: string;
}

/** CPU time of a process, in microseconds. */
export interface CpuTime {
  readonly user: number;
  readonly system: number;
}

/** The kernel counts CPU time in hundredths of a second on every Linux that Node runs on. */
const MICROSECONDS_A_TICK = 10_000;
const START_MS = 20_000;

/** A server under measurement. */
export class RunningPeer implements AsyncDisposable {
  readonly name: string;
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(name: string, url: string, child: ChildProcess) {
    this.name = name;
    this.url = url;
    this.#child = child;
  }

  /** Starts one and waits until it answers. */
  static async start(name: string, port: number, { command, env, cpus }: StartCommand): Promise<RunningPeer> {
    const child = spawn('taskset', ['-c', cpus ?? '0', ...command], {
      env: { ...process.env, NODE_ENV: 'production', PORT: String(port), ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-2000);
    });
    const peer = new RunningPeer(name, `http://127.0.0.1:${port}/`, child);
    for (const end = performance.now() + START_MS; performance.now() < end; await delay(20)) {
      if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}: ${errors}`);
      const answers = await fetch(peer.url, { signal: AbortSignal.timeout(2000) }).then(
        (answer) => answer.arrayBuffer().then(() => true),
        () => false,
      );
      if (answers) return peer;
    }
    await peer[Symbol.asyncDispose]();
    throw new Error(`${name} did not answer within ${START_MS} ms: ${errors}`);
  }

  /** Its process id; taskset becomes the program it starts. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it and the processes that it started have used. */
  cpuTime(): CpuTime {
    const all = [this.pid, ...childrenOf(this.pid)].map(readCpuTime);
    return {
      user: all.reduce((sum, { user }) => sum + user, 0),
      system: all.reduce((sum, { system }) => sum + system, 0),
    };
  }

  /** Its resident memory, in bytes. */
  memoryBytes(): number {
    return [this.pid, ...childrenOf(this.pid)].reduce((sum, pid) => sum + readMemory(pid), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    for (const pid of [...childrenOf(this.pid), this.pid]) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
    await ended;
  }
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function childrenOf(pid: number): number[] {
  const found: number[] = [];
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const children = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim();
    for (const child of children === '' ? [] : children.split(' ').map(Number))
      found.push(child, ...childrenOf(child));
  }
  return found;
}

function readCpuTime(pid: number): CpuTime {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command's name may hold spaces; the numbers begin behind its bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    user: Number(fields[11]) * MICROSECONDS_A_TICK,
    system: Number(fields[12]) * MICROSECONDS_A_TICK,
  };
}

function readMemory(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kibibytes ?? 0) * 1024;
}
