import { reportConfig, type SettledOption } from '#server/config-report.ts';
import { moduleUrl } from '#server/target-paths.ts';
import type { ServeArguments } from './arguments.ts';
import type { ConfigFile } from './config-file.ts';
import { takeOutput } from './output.ts';
import { findTarget } from './target.ts';

/**
 * Prints every option with its value and where that came from, and serves nothing.
 * @param args what would be served
 * @param config the config file, read
 * @returns the exit code
 * @throws {HeddleError} what would keep the server from starting, as far as options go
 */
export async function printConfig(args: ServeArguments, config: ConfigFile | undefined): Promise<number> {
  const output = takeOutput();
  const { options, target } = findTarget(args.target, config);
  const app = 'app' in options ? moduleUrl('app', options.app) : undefined;
  const settled = await reportConfig({ flags: args.flags, app, config: config?.layer });
  output.write(`# ${target}\n${formatConfig(settled)}`);
  return 0;
}

/**
 * A line for each option: its flag, its value, and where that came from.
 * @param settled the options
 */
export function formatConfig(settled: readonly SettledOption[]): string {
  const width = Math.max(...settled.map(({ flag }) => flag.length));
  const values = settled.map(({ value }) => JSON.stringify(value));
  // A long one does not push all others aside.
  const valueWidth = Math.min(24, Math.max(...values.map(({ length }) => length)));
  return settled
    .map(
      ({ flag, origin }, at) =>
        `${flag.padEnd(width)}  ${(values[at] ?? '').padEnd(valueWidth)}  ${origin}\n`,
    )
    .join('');
}
