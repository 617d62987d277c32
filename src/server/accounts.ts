import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { HeddleError } from '#observe/heddle-error.ts';
import { parseAccounts } from '#static/account-lines.ts';
import { pathBelow } from './target-paths.ts';

const MOST_BYTES = 1_048_576;

/**
 * Reads a file of accounts.
 * @param file a path, relative to the working directory
 * @returns its text, which can be read
 * @throws {HeddleError} `ERR_HEDDLE_ACCOUNTS` for one that cannot, with the line
 */
export function readAccounts(file: string): string {
  let text: string;
  try {
    const bytes = readFileSync(resolve(file));
    if (bytes.length > MOST_BYTES) throw mistake(file, 'is larger than 1 MiB', 'Name a file of accounts.');
    text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    if (error instanceof HeddleError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw mistake(file, `cannot be read (${code})`, 'Check the path.', error);
  }
  const accounts = parseAccounts(text);
  if (typeof accounts === 'number')
    throw mistake(`${file}:${accounts}`, 'is no account, or one of a name that there is already', STEP);
  // A gate without a key is a mistake rather than a wish.
  if (accounts.size === 0) throw mistake(file, 'holds no account', STEP);
  return text;
}

/**
 * Refuses accounts that everybody who has one could read. A name that begins with a dot is not served.
 * @param file of accounts, relative to the working directory
 * @param folders that are served, as absolute paths
 * @throws {HeddleError} `ERR_HEDDLE_ACCOUNTS` where it lies in one of them
 */
export function refuseServedAccounts(file: string, folders: readonly string[]): void {
  // One that is not there is named where a stronger option hides it.
  if (!existsSync(file)) return;
  const path = realpathSync(resolve(file));
  for (const folder of folders) {
    const below = pathBelow(realpathSync(folder), path);
    if (below === undefined || below.split(sep).some((name) => name.startsWith('.'))) continue;
    const step = 'Move it, or give it a name that begins with a dot.';
    throw mistake(file, `lies in the folder that is served, ${folder}, and would be served too`, step);
  }
}

const STEP = 'Make a line with: heddle password NAME';

function mistake(file: string, what: string, step: string, cause?: unknown): HeddleError {
  return new HeddleError('ERR_HEDDLE_ACCOUNTS', `--auth: ${file} ${what}. ${step}`, { cause });
}
