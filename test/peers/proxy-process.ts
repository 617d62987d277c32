import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { HeldSocket } from '#native/held-socket.ts';
import { openDuplicator } from '#native/open-duplicator.ts';

/** How a proxy is started; its descriptor 3 is a socket that listens. */
export interface ProxyCommand {
  /** The program. */
  readonly program: string;
  readonly args: readonly string[];
  /** Its whole environment. @default that of this process */
  readonly env?: Readonly<Record<string, string>>;
}

/** A proxy in front of heddle, on a port that this process found free; `await using` ends it with the test. */
export class ProxyProcess implements AsyncDisposable {
  /** Where it serves. */
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(port: number, child: ChildProcess) {
    this.url = `http://127.0.0.1:${port}/`;
    this.#child = child;
    this.#exited = once(child, 'exit');
  }

  /**
   * Starts it. Who connects before it accepts waits in the socket's queue.
   * @param commandFor what to start, given the port of the socket
   */
  static async start(commandFor: (port: number) => ProxyCommand): Promise<ProxyProcess> {
    const socket = new HeldSocket({ host: '127.0.0.1', port: 0, reusePort: false });
    const { port } = socket.address;
    const { program, args, env = process.env } = commandFor(port);
    const duplicator = (await openDuplicator('ffi')) ?? (await openDuplicator('helper'));
    assert.ok(duplicator);
    const fd = await duplicator.duplicate(socket);
    await socket.listen(await duplicator.duplicate(socket), 64);
    const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'ignore', fd] });
    closeSync(fd);
    duplicator.close();
    socket.close();
    return new ProxyProcess(port, child);
  }

  /** By SIGTERM: a proxy of several processes ends them all. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#exited;
  }
}
