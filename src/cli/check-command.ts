import { statSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HeddleError } from '#observe/heddle-error.ts';
import { checkApp } from '#server/app-check.ts';
import type { Finding } from '#server/machine-check.ts';
import type { CheckArguments } from './arguments.ts';
import { formatCheck } from './check-report.ts';
import type { ConfigFile } from './config-file.ts';
import { takeOutput } from './output.ts';
import { findTarget } from './target.ts';

/**
 * Checks whether an app can be served on several threads, and prints what it finds.
 * @param args what to check
 * @param envFiles the environment files that were read
 * @param config whose options count too
 * @returns the exit code: 1 where there is a problem
 * @throws {HeddleError} `ERR_HEDDLE_NO_TARGET`; `ERR_HEDDLE_USAGE` for a folder
 */
export async function checkOnce(
  args: CheckArguments,
  envFiles: readonly string[],
  config: ConfigFile | undefined,
): Promise<number> {
  const output = takeOutput();
  const { target } = findTarget(args.target);
  if (statSync(target).isDirectory()) throw nothingToCheck(target);
  const findings = [
    ...(await checkApp(pathToFileURL(resolve(target)), args.flags, config?.layer)),
    environmentFinding(envFiles),
  ];
  // As short as whoever is in the folder would say it.
  output.write(formatCheck(findings, output).replaceAll(`${process.cwd()}${sep}`, ''));
  return findings.some(({ mark }) => mark === 'problem') ? 1 : 0;
}

function environmentFinding(files: readonly string[]): Finding {
  const text = `NODE_ENV ${process.env.NODE_ENV}; ${files.length === 0 ? 'no .env' : `read ${files.join(', ')}`}`;
  return { mark: 'ok', subject: 'env', text };
}

function nothingToCheck(target: string): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_USAGE',
    `"${target}" is a folder, which runs no code that could be checked. Name an app.`,
  );
}
