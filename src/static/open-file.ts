import {
  type BigIntStats,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  opendirSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import type { FileBody } from '#exchange/reply.ts';
import type { ContentCoding } from '#semantics/content-coding.ts';
import { OpenFolder } from './open-folder.ts';

/**
 * Why there is no open file.
 *
 * - `missing`: nothing there that may be served: no entry, a device or FIFO, a link that leaves the root (404).
 * - `folder`: a folder.
 * - `forbidden`: the file system refuses this process (403).
 * - `busy`: the process or the machine has no descriptor or memory left, or the file is in flux (503).
 * - `changing`: it was written a moment ago, and may be half written: to be opened again in {@link SETTLED_AFTER_MS}.
 */
export type OpenFailure = 'missing' | 'folder' | 'forbidden' | 'busy' | 'changing';

/**
 * How long a file must have been left alone, in milliseconds, before what is read of it is one state, known by its
 * version. Kernels stamp with the last timer tick, up to 10 ms old: a second write within one tick can leave the same
 * time behind.
 */
export const SETTLED_AFTER_MS = 20;

/** One state of a file's content. Two states with the same figures are taken for the same. */
export interface FileVersion {
  /** Of the file system that the inode is of. */
  readonly device: bigint;
  /** A file put in place by renaming has another inode than the one it replaces; maybe that of an earlier one. */
  readonly inode: bigint;
  /** Length in bytes. */
  readonly size: number;
  /** Time of the last change of content, nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  /** Time of the last change of its entry: no tool can set it back, and no two files with one inode share it. */
  readonly ctimeNs: bigint;
  /** What it was compressed in, here and not by whoever made the file. */
  readonly coding?: ContentCoding;
}

/**
 * A file's content with the state it is in. An {@link OpenFile} reads it from the disk; whatever keeps content in
 * memory gives the same answers without a descriptor.
 */
export interface FileSource {
  /** The state that `content` comes from. */
  readonly version: FileVersion;
  /** The length of the content, in bytes. */
  readonly length: number;
  /**
   * The bytes from `start` to `end - 1`.
   * @returns bytes; or a descriptor to send from, which then owns the file; `undefined` where the file has become
   * shorter since it was opened
   */
  content(start: number, end: number): Uint8Array | FileBody | undefined;
  /** Whether nothing has been written to the file since it was opened. */
  isUnchanged(): boolean;
  /** Lets go of the file. May be called more than once. */
  close(): void;
}

/**
 * Up to here content is read at once, in the same tick (64 KiB: 15 us for open, check, read and close; the same
 * by promises costs 230 us of CPU). Beyond, the descriptor is handed on and read in parts as the peer takes them.
 */
export const MAX_READ_BYTES: number = 64 * 1024;

/** NONBLOCK: a FIFO without a writer would stop the thread for ever. NOCTTY: a terminal would become ours. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/** What each error of open(2) and stat(2) means; one that is not listed is a fault and is thrown. */
const FAILURES: Readonly<Record<string, OpenFailure>> = {
  ENOENT: 'missing',
  ENOTDIR: 'missing',
  ELOOP: 'missing',
  ENAMETOOLONG: 'missing',
  ENXIO: 'missing',
  ENODEV: 'missing',
  EACCES: 'forbidden',
  EPERM: 'forbidden',
  EMFILE: 'busy',
  ENFILE: 'busy',
  ENOMEM: 'busy',
  EAGAIN: 'busy',
  ESTALE: 'busy',
};

/** The one door to the files of a folder. */
export class FileOpener {
  readonly #root: string;
  /** With a slash behind it, so that `/site` does not contain `/site-secret`. */
  #realRootPrefix: string;
  readonly #hasProc = existsSync('/proc/self/fd');
  readonly #followsLinksOut: boolean;

  /**
   * @param root the absolute path of a folder that exists
   * @param followsLinksOut whether links may lead out of it; devices and the like stay closed
   */
  constructor(root: string, followsLinksOut: boolean = false) {
    this.#root = root;
    this.#followsLinksOut = followsLinksOut;
    this.#realRootPrefix = prefixOf(realpathSync.native(root));
  }

  /**
   * Opens a regular file that is below the root by its real path, or that links lead to where they may. Never blocks on a FIFO or device.
   * @param relativePath a path that cannot climb, from `parseUrlPath`
   */
  open(relativePath: string): OpenFile | OpenFailure {
    const seen = this.look(relativePath);
    return typeof seen === 'string' ? seen : this.openSeen(relativePath);
  }

  /**
   * What stands there, without opening it: costs 1.3 us where there is a file, 0.8 where there is nothing, and leaves
   * devices unopened. A link is followed, wherever it leads.
   * @param relativePath as for {@link open}
   */
  look(relativePath: string): BigIntStats | OpenFailure {
    try {
      const seen = statSync(this.#pathOf(relativePath), { bigint: true, throwIfNoEntry: false });
      if (seen === undefined) return 'missing';
      if (seen.isDirectory()) return 'folder';
      return seen.isFile() ? seen : 'missing';
    } catch (error) {
      return failureOf(error);
    }
  }

  /**
   * Opens what {@link look} has seen.
   * @param relativePath the same
   */
  openSeen(relativePath: string): OpenFile | OpenFailure {
    try {
      return this.#openRegular(this.#pathOf(relativePath));
    } catch (error) {
      return failureOf(error);
    }
  }

  /**
   * Opens a folder that is below the root by its real path, the root itself, or one that links lead to where they may.
   * @param relativePath as for {@link open}; empty for the root
   */
  openFolder(relativePath: string): OpenFolder | OpenFailure {
    try {
      const path = this.#pathOf(relativePath);
      const fd = openSync(path, OPEN_FLAGS | constants.O_DIRECTORY);
      try {
        const stats = fstatSync(fd, { bigint: true });
        if (this.#contains(fd, path, stats)) {
          // Through the descriptor the folder that was checked is read, whatever stands at the path by then.
          const self = this.#hasProc ? `/proc/self/fd/${fd}` : path;
          return new OpenFolder(fd, self, opendirSync(self, { bufferSize: 256 }), stats);
        }
      } catch (error) {
        closeSync(fd);
        throw error;
      }
      closeSync(fd);
      return 'missing';
    } catch (error) {
      return failureOf(error);
    }
  }

  #pathOf(relativePath: string): string {
    return `${this.#root}/${relativePath}`;
  }

  #openRegular(path: string): OpenFile | OpenFailure {
    const fd = openSync(path, OPEN_FLAGS);
    try {
      // Another thing may stand there by now: from here on only what was opened counts.
      const stats = fstatSync(fd, { bigint: true });
      if (stats.isFile() && this.#contains(fd, path, stats)) return new OpenFile(fd, stats);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
    return 'missing';
  }

  #contains(fd: number, path: string, stats: BigIntStats): boolean {
    if (this.#followsLinksOut) return true;
    let realPath = this.#hasProc ? readlinkSync(`/proc/self/fd/${fd}`) : verifiedRealPath(path, stats);
    if (realPath === undefined) return false;
    // The root itself is below the root.
    if (stats.isDirectory()) realPath = prefixOf(realPath);
    if (realPath.startsWith(this.#realRootPrefix)) return true;
    // A site that is published by replacing the link at its root would be gone for good.
    const current = prefixOf(realpathSync.native(this.#root));
    if (current === this.#realRootPrefix) return false;
    this.#realRootPrefix = current;
    return realPath.startsWith(current);
  }
}

/** A regular file below the root, open for reading. Whoever has it closes it, unless a {@link FileBody} took it over. */
export class OpenFile implements FileSource {
  /** The state at the moment of opening, read from the descriptor itself. */
  readonly version: FileVersion;
  readonly length: number;
  readonly #fd: number;
  readonly #stats: BigIntStats;
  #isOpen = true;

  /**
   * @param fd the descriptor, which the object owns from now on
   * @param stats what fstat(2) says of it
   */
  constructor(fd: number, stats: BigIntStats) {
    this.#fd = fd;
    this.#stats = stats;
    this.length = Number(stats.size);
    const { dev: device, ino: inode, mtimeNs, ctimeNs } = stats;
    this.version = { device, inode, size: this.length, mtimeNs, ctimeNs };
  }

  /** Bytes up to {@link MAX_READ_BYTES}, else the descriptor. */
  content(start: number, end: number): Uint8Array | FileBody | undefined {
    if (end - start > MAX_READ_BYTES) {
      const isUnchanged = (): boolean => this.isUnchanged();
      return { fd: this.#fd, start, end, isUnchanged, release: () => this.close() };
    }
    return this.read(start, end, Buffer.allocUnsafe(end - start));
  }

  /** What fstat(2) said when it was opened. */
  get stats(): BigIntStats {
    return this.#stats;
  }

  /** Whether nothing has been written to it since it was opened. */
  isUnchanged(): boolean {
    // Not the time of the entry: that another file was renamed over this one changes nothing of what it holds.
    const { size, mtimeNs } = fstatSync(this.#fd, { bigint: true });
    return size === this.#stats.size && mtimeNs === this.#stats.mtimeNs;
  }

  /**
   * Reads at once, however much it is.
   * @param bytes where to; by default memory of its own, for one that is kept would hold all of what Node shares out
   * @returns `undefined` where the file has become shorter since it was opened
   */
  read(
    start: number,
    end: number,
    bytes: Buffer = Buffer.allocUnsafeSlow(end - start),
  ): Uint8Array | undefined {
    let filled = 0;
    while (filled < bytes.length) {
      const count = readSync(this.#fd, bytes, filled, bytes.length - filled, start + filled);
      // What follows in the buffer is old memory of this process: never sent.
      if (count === 0) return undefined;
      filled += count;
    }
    return bytes;
  }

  /** Closes the descriptor; a second call does nothing, since its number may belong to another file by then. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#fd);
  }
}

/**
 * Whether two looks saw one state of one file. More than {@link FileVersion} is compared: who may read it no more, or a
 * file of another device, is told by the time of the last change of its entry.
 */
export function isSameState(a: BigIntStats, b: BigIntStats): boolean {
  return (
    a.ino === b.ino &&
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs &&
    a.dev === b.dev
  );
}

/** Where /proc does not say what was opened: the real path, if the same file still stands there. */
function verifiedRealPath(path: string, opened: BigIntStats): string | undefined {
  const realPath = realpathSync.native(path);
  const there = statSync(realPath, { bigint: true });
  return there.ino === opened.ino && there.dev === opened.dev ? realPath : undefined;
}

function prefixOf(folder: string): string {
  return folder.endsWith('/') ? folder : `${folder}/`;
}

function failureOf(error: unknown): OpenFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const failure = Object.hasOwn(FAILURES, code) ? FAILURES[code] : undefined;
  if (failure === undefined) throw error;
  return failure;
}
