import type { BigIntStats } from 'node:fs';
import type { ContentCoding } from '#semantics/content-coding.ts';
import { compressedKey } from './compressed-contents.ts';
import {
  type FileOpener,
  type FileSource,
  type FileVersion,
  isSameState,
  MAX_READ_BYTES,
  type OpenFailure,
  type OpenFile,
  SETTLED_AFTER_MS,
} from './open-file.ts';
import { factsOf, type VersionFacts } from './version-facts.ts';

/** A file that was looked at is taken to stand as it was for so long, in milliseconds: many requests share one look. */
const LOOK_AGAIN_AFTER_MS = 0.2;

/** Larger files are sent from the disk. */
const MOST_KEPT_BYTES = 1024 * 1024;

/** Small files take more memory than their bytes, and by links in circles one file has paths without number. */
const MOST_ENTRIES = 10_000;

/** So many files that are large, and have been asked for once, are remembered, and so many that are not there. */
const MOST_SIGHTINGS = 256;

/** A file whose content is in memory. */
export class KeptFile implements FileSource {
  readonly version: FileVersion;
  readonly #bytes: Uint8Array;
  #facts: VersionFacts | undefined;
  #coded: Map<ContentCoding, CodedFile> | undefined;

  /**
   * @param version the state of the file
   * @param bytes its content, or what that was compressed to
   */
  constructor(version: FileVersion, bytes: Uint8Array) {
    this.version = version;
    this.#bytes = bytes;
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** What its state is told apart by. */
  get facts(): VersionFacts {
    this.#facts ??= factsOf(this.version);
    return this.#facts;
  }

  /**
   * The same file in a coding.
   * @param coding that it is made in elsewhere
   */
  coded(coding: ContentCoding): CodedFile {
    this.#coded ??= new Map();
    let coded = this.#coded.get(coding);
    if (coded === undefined) {
      coded = new CodedFile(this.version, coding);
      this.#coded.set(coding, coded);
    }
    return coded;
  }

  content(start: number, end: number): Uint8Array {
    return start === 0 && end === this.#bytes.length ? this.#bytes : this.#bytes.subarray(start, end);
  }

  isUnchanged(): boolean {
    return true;
  }

  close(): void {}
}

/** One state of a file in a coding: its name, and, as long as its content is the same, one and the same object. */
export class CodedFile {
  /** As every thread names it. */
  readonly key: string;
  readonly version: FileVersion;
  #file: { readonly bytes: Uint8Array; readonly kept: KeptFile } | undefined;

  /**
   * @param version the state of the file
   * @param coding that it is in
   */
  constructor(version: FileVersion, coding: ContentCoding) {
    this.key = compressedKey(version, coding);
    this.version = { ...version, coding };
  }

  /** @param bytes its content; kept no longer than its owner keeps it, but for the next call */
  of(bytes: Uint8Array): KeptFile {
    if (this.#file?.bytes !== bytes) this.#file = { bytes, kept: new KeptFile(this.version, bytes) };
    return this.#file.kept;
  }

  /** Lets go of the content. */
  forget(): void {
    this.#file = undefined;
  }
}

interface Entry {
  readonly file: KeptFile;
  readonly stats: BigIntStats;
  /** When it was last seen to stand like that. */
  seenAt: number;
}

/**
 * The files of a folder, those that are asked for again from memory. What is kept is one settled state of a file, and is
 * given out only while a look at the path still finds that state: never a changed, truncated or half-written one.
 *
 * A file that was written less than {@link SETTLED_AFTER_MS} ago is `changing`: it may be half written, and may be
 * written again without a trace.
 */
export class FileCache {
  readonly #opener: FileOpener;
  readonly #maxBytes: number;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();
  readonly #sightings = new Map<string, BigIntStats>();
  /** When nothing was seen to stand there. */
  readonly #absences = new Map<string, number>();
  #bytes = 0;

  /**
   * @param opener opens what is not in memory
   * @param maxBytes the most to keep, in bytes; 0 keeps nothing
   */
  constructor(opener: FileOpener, maxBytes: number) {
    this.#opener = opener;
    this.#maxBytes = maxBytes;
  }

  /** How many bytes are in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Opens a file, as {@link FileOpener.open} does.
   * @param relativePath a path that cannot climb, from `parseUrlPath`
   * @param isPatient whether the caller can come again; else a file that is changing is opened as it stands
   */
  open(relativePath: string, isPatient: boolean): KeptFile | OpenFile | OpenFailure {
    const now = performance.now();
    const entry = this.#entries.get(relativePath);
    if (entry !== undefined && now - entry.seenAt < LOOK_AGAIN_AFTER_MS) return entry.file;
    if (now - (this.#absences.get(relativePath) ?? Number.NEGATIVE_INFINITY) < LOOK_AGAIN_AFTER_MS)
      return 'missing';
    const seen = this.#opener.look(relativePath);
    if (entry !== undefined) {
      this.#entries.delete(relativePath);
      if (typeof seen === 'object' && isSameState(seen, entry.stats)) {
        entry.seenAt = now;
        this.#entries.set(relativePath, entry);
        return entry.file;
      }
      this.#bytes -= entry.file.version.size;
    }
    if (typeof seen === 'string') {
      if (seen === 'missing') this.#noteAbsence(relativePath, now);
      return seen;
    }
    const isSettled = hasSettled(seen);
    if (!isSettled && isPatient) return 'changing';
    const file = this.#opener.openSeen(relativePath);
    return typeof file === 'string' || !isSettled ? file : this.#keep(relativePath, file, now, isPatient);
  }

  /**
   * The content of one state of a file.
   * @returns `undefined` where another stands there by now
   */
  read(relativePath: string, version: FileVersion): Uint8Array | undefined {
    const file = this.open(relativePath, true);
    if (typeof file === 'string') return undefined;
    try {
      if (!isSameVersion(file.version, version)) return undefined;
      if (file instanceof KeptFile) return file.content(0, file.length);
      const bytes = file.read(0, file.length);
      return file.isUnchanged() ? bytes : undefined;
    } finally {
      file.close();
    }
  }

  #noteAbsence(path: string, now: number): void {
    // They are good for a moment: there is no order in which to forget them.
    if (this.#absences.size >= MOST_SIGHTINGS) this.#absences.clear();
    this.#absences.set(path, now);
  }

  #keep(path: string, file: OpenFile, now: number, isPatient: boolean): KeptFile | OpenFile | OpenFailure {
    const { stats, version } = file;
    if (!this.#isWorthKeeping(path, stats)) return file;
    let bytes: Uint8Array | undefined;
    try {
      bytes = file.read(0, version.size);
      // Between open and read it may have been written to.
      if (!file.isUnchanged()) bytes = undefined;
    } catch (error) {
      file.close();
      throw error;
    }
    if (bytes === undefined && !isPatient) return file;
    file.close();
    if (bytes === undefined) return 'changing';
    const entry = { file: new KeptFile(version, bytes), stats, seenAt: now };
    this.#entries.set(path, entry);
    this.#bytes += version.size;
    for (const [oldest, { file: left }] of this.#entries) {
      if (this.#bytes <= this.#maxBytes && this.#entries.size <= MOST_ENTRIES) break;
      this.#entries.delete(oldest);
      this.#bytes -= left.version.size;
    }
    return entry.file;
  }

  /** What is read in one turn anyway; larger ones when they are asked for again. */
  #isWorthKeeping(path: string, stats: BigIntStats): boolean {
    const size = Number(stats.size);
    if (size > Math.min(MOST_KEPT_BYTES, this.#maxBytes / 4)) return false;
    if (size <= MAX_READ_BYTES) return true;
    const before = this.#sightings.get(path);
    this.#sightings.delete(path);
    if (before !== undefined && isSameState(before, stats)) return true;
    this.#sightings.set(path, stats);
    for (const oldest of this.#sightings.keys()) {
      if (this.#sightings.size <= MOST_SIGHTINGS) break;
      this.#sightings.delete(oldest);
    }
    return false;
  }
}

function isSameVersion(a: FileVersion, b: FileVersion): boolean {
  return (
    a.device === b.device &&
    a.inode === b.inode &&
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs
  );
}

/** A time to come is no sign of a write just now. */
function hasSettled({ mtimeMs }: BigIntStats): boolean {
  const ageMs = Date.now() - Number(mtimeMs);
  return ageMs < 0 || ageMs > SETTLED_AFTER_MS;
}
