import { setTimeout as delay } from 'node:timers/promises';
import { HeddleError } from '#observe/heddle-error.ts';
import { parseAdminAddress } from '#server/admin-address.ts';
import type { LivePoint, LiveSnapshot } from '#server/live-snapshot.ts';
import { urlHost } from '#server/url-host.ts';
import type { TopArguments } from './arguments.ts';
import { wantsColours } from './colours.ts';
import { drawScreen } from './top-screen.ts';

const DEFAULT_ADDRESS = '127.0.0.1:7879';
const PERIOD_MS = 1000;
const PATIENCE_MS = 5000;
const MOST_POINTS = 300;
/** Of a terminal: another screen without a cursor, and back to what was there. */
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
/** q, Ctrl-C and Ctrl-D. */
const QUIT: readonly string[] = ['q', 'Q', '\x03', '\x04'];

/**
 * Shows what a server is at, once a second, until `q`; once where nobody watches or that was asked for.
 * @param args whose admin endpoint, and how
 * @returns the exit code
 * @throws {HeddleError} `ERR_HEDDLE_USAGE`, `ERR_HEDDLE_NO_ADMIN`
 */
export async function showTop({ address = DEFAULT_ADDRESS, once, json }: TopArguments): Promise<number> {
  const { url, place } = placeOf(address);
  const first = await ask(url, place);
  const { stdout } = process;
  if (json) stdout.write(`${JSON.stringify(first, undefined, 2)}\n`);
  else if (once || !stdout.isTTY) stdout.write(`${drawScreen(first, plainScreen(stdout)).join('\n')}\n`);
  else await watch(url, place, first);
  // What a pipe has not taken yet would be lost with the process.
  await new Promise<void>((resolve) => stdout.write('', () => resolve()));
  return 0;
}

function plainScreen(output: NodeJS.WriteStream): { width: number; isColoured: boolean } {
  // A terminal that does not know its size says 0.
  return { width: output.columns || 100, isColoured: wantsColours(output) };
}

/** As the option `admin` says it, or the URL that a server prints. */
function placeOf(address: string): { readonly url: string; readonly place: string } {
  const parsed = parseAdminAddress(address.replace(/^http:\/\//, '').replace(/\/$/, ''));
  if (parsed === undefined || parsed.port === 0) {
    throw new HeddleError(
      'ERR_HEDDLE_USAGE',
      `"${address}" is no address of an admin endpoint. Give a port, HOST:PORT, or the URL that the server prints.`,
    );
  }
  const place = `${urlHost(parsed.host)}:${parsed.port}`;
  return { url: `http://${place}/snapshot`, place };
}

async function ask(url: string, place: string): Promise<LiveSnapshot> {
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS), redirect: 'error' });
  } catch (cause) {
    throw new HeddleError(
      'ERR_HEDDLE_NO_ADMIN',
      `Nothing answers at ${place}. Start the server with --admin, or say where its admin endpoint is: heddle top HOST:PORT.`,
      { cause },
    );
  }
  const text = await response.text().catch(() => '');
  const snapshot = response.status === 200 ? parse(text) : undefined;
  if (snapshot !== undefined) return snapshot;
  const said = response.status === 421 ? text.trim() : 'It is another program, or an older heddle.';
  throw new HeddleError(
    'ERR_HEDDLE_NO_ADMIN',
    `What answers at ${place} is no admin endpoint that could be shown (status ${response.status}). ${said}`,
  );
}

function parse(text: string): LiveSnapshot | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isSnapshot = typeof value === 'object' && value !== null && 'server' in value && 'totals' in value;
    return isSnapshot ? (value as LiveSnapshot) : undefined;
  } catch {
    return undefined;
  }
}

async function watch(url: string, place: string, first: LiveSnapshot): Promise<void> {
  const { stdin, stdout } = process;
  const stop = new AbortController();
  const onKey = (keys: Buffer): void => {
    const pressed = keys.toString('latin1');
    if (QUIT.some((key) => pressed.includes(key))) stop.abort();
  };
  const onSignal = (): void => stop.abort();
  const points: LivePoint[] = [first.now];
  let snapshot = first;
  let trouble = '';
  const draw = (): void => void stdout.write(frame(snapshot, points, trouble));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, onSignal);
  stdout.on('resize', draw);
  if (stdin.isTTY) stdin.setRawMode(true);
  stdin.on('data', onKey);
  stdout.write(ENTER);
  try {
    while (!stop.signal.aborted) {
      draw();
      await delay(PERIOD_MS, undefined, { signal: stop.signal }).catch(() => undefined);
      if (stop.signal.aborted) break;
      try {
        snapshot = await ask(url, place);
        trouble = '';
        if (points.at(-1)?.at !== snapshot.now.at) points.push(snapshot.now);
        if (points.length > MOST_POINTS) points.shift();
      } catch {
        trouble = `no answer from ${place}, this is how it was; it is asked again`;
      }
    }
  } finally {
    stdout.off('resize', draw);
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.off('data', onKey).pause();
    stdout.write(LEAVE);
  }
}

/** One frame: each line is written over the one before, so that nothing flickers. */
function frame(snapshot: LiveSnapshot, points: readonly LivePoint[], trouble: string): string {
  const { stdout } = process;
  const options = plainScreen(stdout);
  const screen = drawScreen(snapshot, { ...options, points });
  const last = (trouble === '' ? 'q quits' : `q quits; ${trouble}`).slice(0, options.width);
  const lines = [...screen.slice(0, (stdout.rows || 40) - 1), last];
  return `\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`;
}
