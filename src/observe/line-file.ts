import { close, constants, fstatSync, open, openSync, type Stats, writev } from 'node:fs';
import { isatty } from 'node:tty';

/** Where lines are written: a descriptor, and how to get it anew. */
export interface LineFile {
  /** For messages. */
  readonly name: string;
  /** Its path; `undefined` for standard output and standard error, which nothing can be put in the place of. */
  readonly path: string | undefined;
  /** Open for writing. */
  readonly fd: number;
  /** Whether a person may be reading. */
  readonly isTerminal: boolean;
  /** The most bytes of one write that none of another writer gets in between. */
  readonly atMost: number;
}

/** Standard output and standard error, as an option names them. */
const STANDARD: ReadonlyMap<string, number> = new Map([
  ['-', 1],
  ['stdout', 1],
  ['stderr', 2],
]);

/** What a pipe takes in one piece: `PIPE_BUF` of Linux, by which every other system has enough too but some with 512. */
const PIPE_PIECE_BYTES = 4096;
const FILE_PIECE_BYTES = 1_048_576;

/**
 * A write to a file of another kind than a regular one may find no room, and must say so: what waits in the thread pool of
 * the process would wait there before the reads of files, and past the end of the process.
 */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

/**
 * Opens where lines are to be written.
 * @param where `-` or `stdout`, `stderr`, or a path: a regular file is made if need be, and added to
 * @throws the error of the system; `ENXIO` for a named pipe that nobody reads
 */
export function openLineFile(where: string): LineFile {
  const standard = STANDARD.get(where);
  if (standard === undefined) return describe(where, where, openSync(where, FLAGS));
  const name = standard === 1 ? 'standard output' : 'standard error';
  return describe(name, undefined, withoutWaiting(standard));
}

/**
 * Opens the file at a path once more: it may be another one by now.
 * @param file one with a path
 * @returns rejects with the error of the system
 */
export function openAgain(file: LineFile & { readonly path: string }): Promise<LineFile> {
  const { name, path } = file;
  return new Promise((resolve, reject) => {
    open(path, FLAGS, (error, fd) => (error ? reject(error) : resolve(describe(name, path, fd))));
  });
}

/** Closes a file that has a path. */
export function closeLineFile({ path, fd }: LineFile): void {
  if (path !== undefined) close(fd, () => undefined);
}

/**
 * Writes to a file.
 * @returns how many bytes were written; rejects with the error of the system
 */
export function writePieces({ fd }: LineFile, pieces: readonly Uint8Array[]): Promise<number> {
  return new Promise((resolve, reject) => {
    writev(fd, pieces, (error, bytesWritten) => (error ? reject(error) : resolve(bytesWritten)));
  });
}

/** A standard stream is shared with others, who may want to wait there: what is set here must not be set for them. */
function withoutWaiting(fd: number): number {
  const kind = fstatSync(fd);
  if (!kind.isFIFO() && !kind.isCharacterDevice()) return fd;
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
  } catch {
    return fd;
  }
}

function describe(name: string, path: string | undefined, fd: number): LineFile {
  const kind: Stats = fstatSync(fd);
  const atMost = kind.isFile() ? FILE_PIECE_BYTES : PIPE_PIECE_BYTES;
  return { name, path, fd, isTerminal: isatty(fd), atMost };
}
