import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PROJECT_ROOT } from '../support/spawn-heddle.ts';

const BIN = `${PROJECT_ROOT}test/runtimes/node_modules/.bin/`;
const START_MS = 30_000;

/** How each runtime is told to serve an app file, on a free port of this machine alone. */
const COMMANDS = {
  bun: (app: string) => ['--preload', './test/runtimes/local-only.ts', app],
  deno: (app: string) => ['serve', '-A', '--no-lock', '--host', '127.0.0.1', '--port', '0', app],
} as const;

/** Another runtime than Node. */
export type RuntimeName = keyof typeof COMMANDS;

/** A server of another runtime; `await using` ends it. */
export interface SpawnedRuntime extends AsyncDisposable {
  /** Where it serves, with a slash at its end. */
  readonly url: string;
}

/**
 * Serves an app file with another runtime, and waits for the line in which it says where.
 * @param name which one
 * @param app relative to the checkout
 * @param env added to the environment
 * @throws if it ends, or says nothing in time; the message carries all that it printed
 */
export async function spawnRuntime(
  name: RuntimeName,
  app: string,
  env: Readonly<Record<string, string>> = {},
): Promise<SpawnedRuntime> {
  const child = spawn(BIN + name, COMMANDS[name](app), {
    cwd: PROJECT_ROOT,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, PORT: '0', DENO_NO_UPDATE_CHECK: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'close');
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  let output = '';
  const url = new Promise<string | undefined>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const found = /(http:\/\/127\.0\.0\.1:\d+)\/?\s/.exec(output)?.[1];
        if (found !== undefined) resolve(`${found}/`);
      });
    }
    setTimeout(resolve, START_MS, undefined).unref();
    void exited.then(() => resolve(undefined));
  });
  const found = await url;
  if (found === undefined) {
    await end();
    throw new Error(`${name} does not serve ${app}: ${output}`);
  }
  return { url: found, [Symbol.asyncDispose]: end };
}
