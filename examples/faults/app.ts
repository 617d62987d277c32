import { pbkdf2Sync } from 'node:crypto';
import type { HeddleApp } from 'heddle';

/** An app that can be made to hang in every way that code can hang. Never serve it to others. */
export default {
  async fetch(request, { thread }) {
    const { pathname } = new URL(request.url);
    switch (pathname) {
      case '/loop':
        // Behind some waits, as in a real handler: the log must name this request all the same.
        await new Promise((resolve) => setTimeout(resolve, 1));
        return countForEver();
      case '/regexp':
        return new Response(String(/^(a+)+$/.test(`${'a'.repeat(40)}!`)));
      case '/microtasks':
        for (;;) await null;
      case '/native':
        return new Response(pbkdf2Sync('a', 'b', 50_000_000, 64, 'sha512').toString('hex'));
      case '/slow':
        await new Promise((resolve) => setTimeout(resolve, 3000));
        return new Response('slow, and no fault at all\n');
      default:
        return new Response(`hello from thread ${thread}\n`);
    }
  },
} satisfies HeddleApp;

function countForEver(): never {
  for (let count = 0; ; count += 1) if (count < 0) throw new Error('It cannot be.');
}
