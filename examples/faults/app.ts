import { threadId } from 'node:worker_threads';
import type { HeddleApp } from 'heddle';

/** An app whose threads die on request. */
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
      case '/hoard':
        await hoard(Number(searchParams.get('mebibytes') ?? 1));
        return answer(thread);
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
  const kept: object[] = [];
  for (;;) kept.push({ and: { more: kept.length } });
}

const hoarded: number[][] = [];

/** So many mebibytes that are never let go, one a turn: how an app leaks in life. */
async function hoard(mebibytes: number): Promise<void> {
  for (let done = 0; done < mebibytes; done += 1) {
    for (let part = 0; part < 128; part += 1) hoarded.push(Array.from({ length: 1024 }, () => Math.random()));
    await new Promise((resolve) => setImmediate(resolve));
  }
}
