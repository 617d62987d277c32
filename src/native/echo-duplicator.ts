import { type ChildProcess, fork, type SendHandle } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Duplicator } from './duplicator.ts';
import { descriptorOf, type HeldSocket } from './held-socket.ts';

/** Starting the process takes 25 ms and an answer 0.5 ms; a process that says nothing for so long is stuck. */
const ANSWER_DEADLINE_MS = 10_000;
/** A process that was killed between question and answer is replaced once. */
const MAX_ATTEMPTS = 2;

interface Question {
  readonly socket: HeldSocket;
  readonly resolve: (fd: number) => void;
  readonly reject: (error: Error) => void;
  attempts: number;
  deadline?: NodeJS.Timeout;
}

/**
 * Duplicates sockets by sending them to a child process, which sends them back (descriptor-echo.ts). The child is
 * started at the first question, replaced when it dies, and keeps this process alive only while a question is
 * open.
 */
export class EchoDuplicator implements Duplicator {
  readonly backend = 'helper';
  readonly #questions = new Map<number, Question>();
  #lastId = 0;
  #child: ChildProcess | undefined;

  /** The process id of the child, if it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  duplicate(socket: HeldSocket): Promise<number> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#questions.set(id, { socket, resolve, reject, attempts: 0 });
      this.#ask(id);
    });
  }

  /** Closing the number and taking it again are two steps, and another thread could get it between them. */
  disable(): boolean {
    return false;
  }

  close(): void {
    const child = this.#child;
    this.#child = undefined;
    // It has nothing to finish, and a stuck one would not see the channel close.
    child?.kill('SIGKILL');
    for (const id of this.#questions.keys()) this.#take(id)?.reject(new Error('The duplicator was closed.'));
  }

  #ask(id: number): void {
    const question = this.#questions.get(id);
    if (question === undefined) return;
    if (++question.attempts > MAX_ATTEMPTS) {
      this.#take(id)?.reject(new Error('The process that duplicates sockets ended without an answer.'));
      return;
    }
    try {
      requireFreeDescriptor();
      this.#child ??= this.#start();
      const child = this.#child;
      child.channel?.ref();
      clearTimeout(question.deadline);
      question.deadline = setTimeout(() => this.#onChildGone(child), ANSWER_DEADLINE_MS);
      child.send({ id }, question.socket.handle as SendHandle, {}, (error) => {
        if (error !== null) this.#onChildGone(child);
      });
    } catch (error) {
      // No right to start a process, no free descriptor, or a socket that was closed.
      this.#take(id)?.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #start(): ChildProcess {
    const { NODE_OPTIONS: _, ...env } = process.env;
    const child = fork(new URL(import.meta.resolve('#native/descriptor-echo.ts')), [], {
      // Flags and preloads of this process are not for the child: it would open a second inspector, for one.
      execArgv: [],
      env,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.unref();
    child.on('message', (message, handle) => this.#onAnswer(message, handle));
    child.once('exit', () => this.#onChildGone(child));
    child.once('error', () => this.#onChildGone(child));
    return child;
  }

  #onAnswer(message: unknown, handle: unknown): void {
    const id = typeof message === 'object' && message !== null && 'id' in message ? message.id : undefined;
    const question = typeof id === 'number' ? this.#take(id) : undefined;
    if (question === undefined) {
      // Answered twice, by a child that was given up and by the next one.
      (handle as { close(): void } | undefined)?.close();
    } else {
      // The handle is left to itself: closing it would close the descriptor, which the caller owns now. A few
      // hundred bytes stay behind for each duplicate.
      question.resolve(descriptorOf(handle));
    }
  }

  #onChildGone(child: ChildProcess): void {
    if (child !== this.#child) return;
    this.#child = undefined;
    child.kill('SIGKILL');
    for (const id of this.#questions.keys()) this.#ask(id);
  }

  /** Removes a question, to be answered by the caller. */
  #take(id: number): Question | undefined {
    const question = this.#questions.get(id);
    this.#questions.delete(id);
    clearTimeout(question?.deadline);
    if (this.#questions.size === 0) this.#child?.channel?.unref();
    return question;
  }
}

/**
 * The kernel drops a descriptor that arrives where there is no room for it, and Node then drops the message too:
 * the question would wait for its deadline. Throws `EMFILE` instead.
 */
function requireFreeDescriptor(): void {
  closeSync(openSync('/dev/null', 'r'));
}
