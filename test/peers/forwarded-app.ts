import type { HeddleApp } from 'heddle';

/** Says for whom it takes the client. */
export default {
  fetch: ({ url }, { ip }) => Response.json({ ip, url }),
} satisfies HeddleApp;
