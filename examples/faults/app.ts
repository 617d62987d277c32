import { getHeapStatistics } from 'node:v8';
import { threadId } from 'node:worker_threads';
import type { HeddleApp } from 'heddle';

/** An app whose threads die on request. */
export default {
  async fetch(request, { thread }) {
    const { pathname } = new URL(request.url);
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
        hoard();
        return answer(thread);
      case '/fill':
        await fill();
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

/** A mebibyte a request that is never let go: how an app leaks in life. */
function hoard(): void {
  for (let part = 0; part < 128; part += 1) hoarded.push(Array.from({ length: 1024 }, () => Math.random()));
}

/** Hoards until less than a tenth of the heap is left, a mebibyte a turn. */
async function fill(): Promise<void> {
  for (;;) {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    if (used > 0.9 * limit) return;
    hoard();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
