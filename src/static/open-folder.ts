import {
  accessSync,
  type BigIntStats,
  closeSync,
  constants,
  type Dir,
  type Dirent,
  lstatSync,
} from 'node:fs';

/** What a listing says of a file or folder. */
export interface EntryState {
  readonly isFolder: boolean;
  /** In bytes; 0 for a folder. */
  readonly size: number;
  /** When its content last changed, milliseconds since 1970. */
  readonly modifiedMs: number;
}

/** So many names are read in the turn of a request. */
const MOST_AHEAD = 64;

/** A folder below the root, open for reading. Whoever has it closes it. */
export class OpenFolder {
  readonly #fd: number;
  readonly #path: string;
  readonly #dir: Dir;
  readonly #stats: BigIntStats;
  /** What was read ahead. */
  readonly #ahead: Dirent[] = [];
  #isOpen = true;

  /**
   * @param fd the descriptor, which the object owns from now on
   * @param path leads to what the descriptor is of, as long as it is open; without /proc to what stands at the path
   * @param dir the same folder, opened by that path; the object owns it too
   * @param stats what fstat(2) says of it
   */
  constructor(fd: number, path: string, dir: Dir, stats: BigIntStats) {
    this.#fd = fd;
    this.#path = path;
    this.#dir = dir;
    this.#stats = stats;
  }

  /** Its own state. */
  get state(): EntryState {
    return { isFolder: true, size: 0, modifiedMs: Number(this.#stats.mtimeMs) };
  }

  /** The next of what is in it, in no order; `undefined` behind the last. */
  next(): Dirent | undefined {
    return this.#ahead.shift() ?? this.#dir.readSync() ?? undefined;
  }

  /** Reads names ahead, of what {@link next} gives all the same; {@link MOST_AHEAD} at most. */
  *peek(): Generator<string, void> {
    while (this.#ahead.length < MOST_AHEAD) {
      const entry = this.#dir.readSync();
      if (entry === null) return;
      this.#ahead.push(entry);
      yield entry.name;
    }
  }

  /**
   * What stands there, without following a link: that might lead out of the root.
   * @param name of what is in it
   * @returns `undefined` for what is neither file nor folder, is gone, or may not be read by this process
   */
  look(name: string): EntryState | 'link' | undefined {
    const path = `${this.#path}/${name}`;
    try {
      const stats = lstatSync(path);
      if (stats.isSymbolicLink()) return 'link';
      const isFolder = stats.isDirectory();
      if (!isFolder && !stats.isFile()) return undefined;
      accessSync(path, isFolder ? constants.R_OK | constants.X_OK : constants.R_OK);
      return { isFolder, size: isFolder ? 0 : stats.size, modifiedMs: stats.mtimeMs };
    } catch {
      // Whatever the reason is, a request for it would not find it either.
      return undefined;
    }
  }

  /** Lets go of it. May be called more than once. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      this.#dir.closeSync();
    } finally {
      closeSync(this.#fd);
    }
  }
}
