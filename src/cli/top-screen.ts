import { showControls } from '#server/error-page.ts';
import type { LivePoint, LiveServerThread, LiveSnapshot } from '#server/live-snapshot.ts';

/** How a snapshot is drawn. */
export interface ScreenOptions {
  /** How many columns there are. */
  readonly width: number;
  /** Whether colours may be used. */
  readonly isColoured: boolean;
  /** The last seconds, the newest last; drawn as a line where there are some. */
  readonly points?: readonly LivePoint[];
}

const BAR = 10;
const SPARKS = '▁▂▃▄▅▆▇█';
const GREEN = 32;
const RED = 31;
const YELLOW = 33;
const DIM = 2;
const BOLD = 1;

/**
 * A snapshot as lines of text, none wider than the screen.
 * @param snapshot what a server said
 * @param options how wide, and whether coloured
 */
export function drawScreen(snapshot: LiveSnapshot, options: ScreenOptions): readonly string[] {
  const { width, isColoured, points = [] } = options;
  const paint = (text: string, code: number): string => (isColoured ? `\x1b[${code}m${text}\x1b[0m` : text);
  const cut = (text: string): string => cutTo(showControls(text).replaceAll(/[\t\n]/g, ' '), width);
  const { now, totals, entries, pool } = snapshot;
  const lines: string[] = [];
  const isReady = snapshot.ready === 'ok';
  const about = `heddle ${snapshot.version}  ${isReady ? 'ready' : snapshot.ready}  generation ${snapshot.generation}  up ${formatMs(snapshot.at - snapshot.startedAt)}  process ${snapshot.pid}`;
  lines.push(paint(cut(about), isReady ? BOLD : RED));
  const refused = totals.refusals + totals.sheds;
  lines.push(
    ...wrap(
      [
        `${now.requests} requests/s`,
        `p50 ${formatMs(snapshot.p50)}`,
        `p99 ${formatMs(snapshot.p99)}`,
        `${snapshot.inFlight} at work`,
        `${snapshot.connections} connections`,
        `${refused} refused`,
        `${totals.failures + totals.timeouts} failed`,
        `${totals.deaths} ${totals.deaths === 1 ? 'thread' : 'threads'} lost`,
      ].map(showControls),
      width,
    ),
    '',
    paint(cut('server      phase        load               lag  connections  requests/s'), DIM),
  );
  for (const thread of snapshot.server) {
    const text = cut(serverLine(thread));
    lines.push(isWell(thread) ? text : paint(text, RED));
    for (const { line, ms, isAnswering } of thread.at)
      lines.push(paint(cut(`  ${line}  ${isAnswering ? 'sending, ' : ''}${formatMs(ms)}`), DIM));
    if (thread.more > 0) lines.push(paint(cut(`  and ${thread.more} more`), DIM));
  }
  const busy = pool.filter(({ isBusy }) => isBusy).length;
  const marks = pool.map(({ isBusy, phase }) => (phase !== 'ready' ? '·' : isBusy ? '■' : '□')).join(' ');
  lines.push('', cut(`pool  ${marks || 'no job was given yet'}`));
  lines.push(cut(`      ${busy} of ${pool.length} at work, ${now.waiting} waiting, ${now.jobs} jobs/s`));
  if (points.length > 1) {
    const most = Math.max(20, width - 24);
    const spark = (name: string, of: (point: LivePoint) => number): string =>
      cut(`${name.padEnd(12)}${sparkline(points.slice(-most).map(of))}`);
    lines.push(
      '',
      spark('requests/s', ({ requests }) => requests),
      spark('p99', ({ p99 }) => p99 ?? 0),
    );
    lines.push(spark('waiting', ({ waiting }) => waiting));
  }
  if (entries.length > 0) lines.push('');
  for (const { at, severity, message } of entries.slice(0, 5)) {
    // As the log has it, and no wider in any language.
    const text = `${new Date(at).toTimeString().slice(0, 8)} ${severity} ${message.split('\n', 1)[0]}`;
    lines.push(paint(cut(text), severity === 'error' ? RED : YELLOW));
  }
  return lines.map((line) => (line === '' ? line : paintPhase(line, paint)));
}

function paintPhase(line: string, paint: (text: string, code: number) => string): string {
  return /^server-\d/.test(line) ? line.replace(' ready ', () => ` ${paint('ready', GREEN)} `) : line;
}

function isWell({ phase, moves }: LiveServerThread): boolean {
  return moves !== false && phase !== 'given-up' && phase !== 'restarting';
}

function serverLine(thread: LiveServerThread): string {
  const { index, phase, moves, load, lagMs, connections, requests } = thread;
  const word = moves === false ? 'stalled' : phase;
  const filled = Math.round(load * BAR);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${String(Math.round(load * 100)).padStart(3)} %`;
  const lag = (lagMs === null ? '-' : formatMs(lagMs)).padStart(8);
  return `${`server-${index}`.padEnd(12)}${word.padEnd(13)}${bar}${lag}${String(connections).padStart(13)}${String(requests).padStart(12)}`;
}

function sparkline(values: readonly number[]): string {
  const top = Math.max(...values, 1);
  const line = values.map((value) => SPARKS[Math.min(7, Math.floor((value / top) * 7.999))]).join('');
  return `${line} ${Math.round(top * 10) / 10}`;
}

function wrap(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 3 + word.length <= width)
      lines[lines.length - 1] = `${last}   ${word}`;
    else lines.push(cutTo(word, width));
  }
  return lines;
}

function cutTo(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

function formatMs(ms: number | null): string {
  if (ms === null) return '-';
  if (ms < 10) return `${ms.toFixed(ms < 1 ? 2 : 1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min`;
  return `${Math.floor(ms / 3_600_000)} h ${Math.floor(ms / 60_000) % 60} min`;
}
