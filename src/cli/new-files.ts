import { existsSync, writeFileSync } from 'node:fs';
import { HeddleError } from '#observe/heddle-error.ts';

/** A file that is to be made. */
export interface NewFile {
  /** Its name, in the current folder. */
  readonly name: string;
  /** What it holds. */
  readonly text: string;
}

/**
 * Writes files into the current folder: none of them where one is there already.
 * @param files what to write
 * @param force write over those that are there
 * @throws {HeddleError} `ERR_HEDDLE_FILE_EXISTS`; `ERR_HEDDLE_NOT_WRITTEN` where the system refuses
 */
export function writeNewFiles(files: readonly NewFile[], force: boolean): void {
  const there = force ? [] : files.filter(({ name }) => existsSync(name)).map(({ name }) => name);
  if (there.length > 0) throw existing(there);
  for (const { name, text } of files) {
    try {
      writeFileSync(name, text, { flag: force ? 'w' : 'wx' });
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      // A link that leads nowhere, or whoever was quicker.
      if (code === 'EEXIST') throw existing([name]);
      throw new HeddleError(
        'ERR_HEDDLE_NOT_WRITTEN',
        `${name} could not be written: ${message}. Make this folder writable, or run it in another.`,
        { cause },
      );
    }
  }
}

function existing(names: readonly string[]): HeddleError {
  const [are, them] = names.length === 1 ? ['is', 'it'] : ['are', 'them'];
  return new HeddleError(
    'ERR_HEDDLE_FILE_EXISTS',
    `${names.join(' and ')} ${are} there already. Move ${them} away, or give --force to write over ${them}.`,
  );
}
