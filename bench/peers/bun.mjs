import app from './fetch-app.mjs';

globalThis.Bun.serve({
  port: Number(process.env.PORT),
  hostname: '127.0.0.1',
  maxRequestBodySize: 1e9,
  fetch: app.fetch,
});
