import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What wrk sends. */
export interface Load {
  /** The path. @default / */
  readonly path?: string;
  /** @default 64 */
  readonly connections?: number;
  /** Fields of each request, `name: value`. */
  readonly fields?: readonly string[];
  /** The length of the content of a POST, in bytes; without it requests are GET. */
  readonly uploadBytes?: number;
  /** How many requests go out together. @default 1 */
  readonly pipelined?: number;
}

/** What came of it. */
export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  /** Of the time to the answer, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** Sends requests for some seconds from the second CPU. */
export async function runWrk(url: string, load: Load, seconds: number): Promise<LoadResult> {
  const { path = '/', connections = 64, fields = [] } = load;
  const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-'));
  try {
    const script = join(folder, 'load.lua');
    writeFileSync(script, scriptFor(load));
    const { stdout } = await run('taskset', [
      ...['-c', '1', 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '--timeout', '20s'],
      ...['-s', script, ...fields.flatMap((field) => ['-H', field]), new URL(path, url).href],
    ]);
    return parse(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function scriptFor({ uploadBytes, pipelined = 1 }: Load): string {
  if (uploadBytes !== undefined) return `wrk.method = "POST"\nwrk.body = string.rep("x", ${uploadBytes})\n`;
  if (pipelined === 1) return '';
  return `init = function(args)
  local all = {}
  for at = 1, ${pipelined} do all[at] = wrk.format() end
  together = table.concat(all)
end
request = function() return together end
`;
}

const MILLISECONDS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

function parse(stdout: string): LoadResult {
  if (/Non-2xx|Socket errors/.test(stdout))
    throw new Error(`it failed under load: ${/Socket errors.*|Non-2xx.*/.exec(stdout)?.[0] ?? ''}`);
  const quantile = (name: string): number => {
    const [, value, unit = ''] = new RegExp(`^\\s+${name}%\\s+([\\d.]+)(us|ms|s|m)$`, 'm').exec(stdout) ?? [];
    return Number(value) * (MILLISECONDS[unit] ?? Number.NaN);
  };
  return {
    requests: Number(/(\d+) requests in/.exec(stdout)?.[1]),
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50: quantile('50'),
    p99: quantile('99'),
  };
}
