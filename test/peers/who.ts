import { threadId } from 'node:worker_threads';
import type { HeddleApp } from 'heddle';

/** Says who answers, in one number for each thread of each process. */
export default {
  fetch: () => Response.json({ threadId: process.pid * 1000 + threadId }),
} satisfies HeddleApp;
