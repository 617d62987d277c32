import type { HeddleApp } from 'heddle';

/** Reads what it is sent, and says how much that was. */
export default {
  fetch: async (request) => new Response(`${(await request.arrayBuffer()).byteLength} bytes\n`),
} satisfies HeddleApp;
