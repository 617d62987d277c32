import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { serve } from '#server/serve.ts';
import { type ServerEnd, Shutdown } from '#server/shutdown.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const CLEAN: ServerEnd = { cut: [], stoppedThreads: [], stuckThreads: 0 };
const AN_HOUR_MS = 3_600_000;

/** Steps that write down when they are taken. */
function notedSteps(drain: (graceMs: number) => Promise<ServerEnd>): { taken: string[]; shutdown: Shutdown } {
  const taken: string[] = [];
  const shutdown = new Shutdown({
    announce: () => void taken.push('announce'),
    drain: (graceMs) => {
      taken.push(`drain ${graceMs}`);
      return drain(graceMs);
    },
    finish: async () => void taken.push('finish'),
  });
  return { taken, shutdown };
}

describe('a shutdown', () => {
  test('announces, waits, drains, and finishes last', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const { taken, shutdown } = notedSteps(async () => CLEAN);
    const closed = shutdown.begin({ idleGraceMs: 7, delayMs: 1000 });
    assert.deepEqual(taken, ['announce']);
    context.mock.timers.tick(999);
    await Promise.resolve();
    assert.deepEqual(taken, ['announce']);
    context.mock.timers.tick(1);
    assert.equal(await closed, CLEAN);
    assert.deepEqual(taken, ['announce', 'drain 7', 'finish']);
  });

  test('without a delay drains in the same turn, and once', async () => {
    const { taken, shutdown } = notedSteps(async () => CLEAN);
    const closed = shutdown.begin({ idleGraceMs: 0, delayMs: 0 });
    assert.deepEqual(taken, ['announce', 'drain 0']);
    assert.equal(shutdown.begin({ idleGraceMs: 1, delayMs: 1 }), closed);
    await closed;
    assert.deepEqual(taken, ['announce', 'drain 0', 'finish']);
  });

  test('finishes where the drain fails, too, and says why it did', async () => {
    const { taken, shutdown } = notedSteps(async () => Promise.reject(new Error('The drain failed.')));
    await assert.rejects(shutdown.begin({ idleGraceMs: 0, delayMs: 0 }), { message: 'The drain failed.' });
    assert.deepEqual(taken, ['announce', 'drain 0', 'finish']);
  });
});

describe('the delay of a shutdown', () => {
  const app = () =>
    temporaryFolder({ 'app.mjs': 'export default { fetch: () => new Response("still here") };' });
  const kinds = {
    'serve({ fetch })': () => ({ fetch: () => new Response('still here') }),
    'serve({ app })': () => ({ app: `${app()}/app.mjs`, threads: 1 }),
  };
  for (const [kind, options] of Object.entries(kinds)) {
    test(`${kind} accepts and answers as before, then ends`, async () => {
      const server = await serve({ ...options(), port: 0, idleGraceMs: 0, shutdownDelayMs: 1500 });
      const closed = server.close();
      for (let n = 0; n < 5; n += 1) {
        const response = await fetch(server.url);
        assert.equal(await response.text(), 'still here');
        assert.notEqual(response.headers.get('connection'), 'close');
      }
      assert.deepEqual(await closed, CLEAN);
      await assert.rejects(fetch(server.url));
    });

    test(`${kind} does without where close() or maxRequests says so`, async () => {
      const patient = { ...options(), port: 0, idleGraceMs: 0, shutdownDelayMs: AN_HOUR_MS };
      const server = await serve(patient);
      assert.equal(server.settings.shutdownDelayMs, AN_HOUR_MS);
      assert.deepEqual(await server.close({ delayMs: 0 }), CLEAN);
      const counting = await serve({ ...patient, maxRequests: 1 });
      assert.equal(await (await fetch(counting.url)).text(), 'still here');
      assert.deepEqual(await counting.closed, CLEAN);
    });
  }
});
