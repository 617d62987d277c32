import process from 'node:process';
import app from './fetch-app.mjs';

globalThis.Deno.serve(
  { port: Number(process.env.PORT), hostname: '127.0.0.1', onListen: () => undefined },
  app.fetch,
);
