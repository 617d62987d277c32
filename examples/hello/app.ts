import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { HeddleApp } from 'heddle';

/** The book's five seconds; the tests have less patience. */
const SLEEP_MS = Number(process.env.HELLO_SLEEP_MS ?? 5000);

const HELLO = readPage('hello.html');
const NOT_FOUND = readPage('404.html');

/** The site of the book's last chapter: a page, a slow page, and an answer to everything else. */
export default {
  tasks: './tasks.ts',
  poolLog: true,
  fetch(request, { pool }) {
    if (request.method !== 'GET' && request.method !== 'HEAD') return html(NOT_FOUND, 404);
    switch (new URL(request.url).pathname) {
      case '/':
        return html(HELLO, 200);
      case '/sleep':
        // The job blocks a thread of the pool; this one goes on answering. Other runtimes have no pool.
        return (pool?.execute('sleep', [SLEEP_MS]) ?? delay(SLEEP_MS)).then(() => html(HELLO, 200));
      default:
        return html(NOT_FOUND, 404);
    }
  },
} satisfies HeddleApp<typeof import('./tasks.ts')>;

function html(page: string, status: number): Response {
  return new Response(page, { status, headers: { 'content-type': 'text/html; charset=utf-8' } });
}

function readPage(name: string): string {
  return readFileSync(new URL(`public/${name}`, import.meta.url), 'utf8');
}
