import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { type SpawnedHeddle, type SpawnOptions, spawnHeddle } from '../support/spawn-heddle.ts';

/** The app that a suite asks. */
export interface ServedApp {
  /** The command that serves it; there from the first test on. */
  readonly heddle: SpawnedHeddle;
  /** Asks it: `get('posts/1')`. */
  readonly get: (target: string, init?: RequestInit) => Promise<Response>;
}

/**
 * Serves an app on two threads, while the tests run of the suite that calls this.
 * @param app the path of its module
 * @param options how the command is started
 */
export function serveInSuite(app: string, options: SpawnOptions = {}): ServedApp {
  let heddle: SpawnedHeddle;
  before(async () => {
    heddle = await spawnHeddle([app, '-t', '2', '--idle-grace', '0'], options);
  });
  after(async () => {
    await heddle[Symbol.asyncDispose]();
  });
  return {
    get heddle() {
      return heddle;
    },
    get: (target, init) => fetch(`${heddle.url}${target}`, init),
  };
}

/** Shuts down while a client reads `events`, a stream that goes on for ever: the stream ends whole, the app hears of it. */
export async function assertShutdownEndsEvents({ heddle, get }: ServedApp): Promise<void> {
  const reply = await get('events');
  const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader();
  assert.match((await reader.read()).value ?? '', /^data: tick\n\n/);
  process.kill(heddle.pid, 'SIGTERM');
  // A reader of content that broke off would reject.
  for (let done = false; !done; ) done = (await reader.read()).done;
  assert.deepEqual(await heddle.exited, { code: 0, signal: null }, heddle.stderr);
  assert.match(heddle.stdout, /the stream was given up/);
}
