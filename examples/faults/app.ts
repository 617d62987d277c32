import { pbkdf2Sync } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import type { HeddleApp } from 'heddle';

/** An app whose threads die, and hang, in every way that code can make them. Never serve it to others. */
export default {
  async fetch(request, { thread }) {
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case '/throw':
        setTimeout(throwUncaught);
        return never();
      case '/reject':
        void Promise.reject(new Error('Rejected where nobody listens.'));
        return never();
      case '/exit':
        return process.exit(3);
      case '/leak':
        return leakAtOnce();
      case '/abort':
        // One allocation beyond the limit of the heap ends the process: try it with --launcher and --thread-memory 128.
        return new Response(String(new Array(60_000_000).fill({}).length));
      case '/hoard':
        await hoard(Number(searchParams.get('mebibytes') ?? 1));
        return answer(thread);
      case '/loop':
        // Behind some waits, as in a real handler: the log must name this request all the same.
        await delay(1);
        return countForEver();
      case '/regexp':
        return new Response(String(/^(a+)+$/.test(`${'a'.repeat(40)}!`)));
      case '/microtasks':
        for (;;) await null;
      case '/native':
        return new Response(pbkdf2Sync('a', 'b', 50_000_000, 64, 'sha512').toString('hex'));
      case '/slow':
        await delay(3000);
        return new Response('slow, and no fault at all\n');
      default:
        return answer(thread);
    }
  },
} satisfies HeddleApp;

/** Says who answers: the place, and the number that Node gave the thread itself. */
function answer(thread: number): Response {
  return Response.json({ thread, threadId });
}

function never(): Promise<Response> {
  return new Promise(() => undefined);
}

function throwUncaught(): void {
  throw new Error('Thrown where nobody catches.');
}

/** Many small objects in one go: nobody can step in before the heap is full. */
function leakAtOnce(): never {
  // A list of small objects: an array of them would be one large object as well, which ends the process where it finds no room.
  let kept: object | undefined;
  for (;;) kept = { and: kept };
}

const hoarded: number[][] = [];

/** So many mebibytes that are never let go, one a turn: how an app leaks in life. */
async function hoard(mebibytes: number): Promise<void> {
  for (let done = 0; done < mebibytes; done += 1) {
    for (let part = 0; part < 128; part += 1) hoarded.push(Array.from({ length: 1024 }, () => Math.random()));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function countForEver(): never {
  for (let count = 0; ; count += 1) if (count < 0) throw new Error('It cannot be.');
}
