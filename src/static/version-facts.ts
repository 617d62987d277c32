import { type FileVersion, SETTLED_AFTER_MS } from './open-file.ts';

/**
 * How long a file must have been left alone before its tag is strong, on file systems that know whole seconds only and
 * get two of them (FAT): by a strong tag a client would join parts of two states.
 */
const SETTLED_AFTER_WHOLE_SECONDS_MS = 2000;

/** What one state of a file is told apart by, in the words of HTTP; the same at any time. */
export interface VersionFacts {
  /** The opaque part of its entity tag. */
  readonly opaque: string;
  /** From when on its tag is strong, milliseconds since 1970; `Infinity` for never. */
  readonly strongFromMs: number;
  /** When its content last changed, milliseconds since 1970. */
  readonly mtimeMs: number;
}

/**
 * The tag is inode, size and the times of content and entry in nanoseconds: nothing has to be read to know it. The first
 * three are not enough: a file that is renamed into place may get the inode of the one before the last, and a tool may
 * give all of them one time. The price: copies of a site on several machines have different tags, and a new link or owner
 * makes another one.
 * @param version the state
 */
export function factsOf({ inode, size, mtimeNs, ctimeNs, coding }: FileVersion): VersionFacts {
  const mtimeMs = Number(mtimeNs / 1_000_000n);
  const isWholeSecond = mtimeNs % 1_000_000_000n === 0n;
  // Most files are as old as their entries.
  const entry = ctimeNs === mtimeNs ? '' : `.${(ctimeNs - mtimeNs).toString(36)}`;
  const ofFile = `${inode.toString(36)}-${size.toString(36)}-${mtimeNs.toString(36)}${entry}`;
  const opaque = coding === undefined ? ofFile : `${ofFile}-${coding}`;
  // Compressed anew, by another release of a library, the bytes may be others.
  const strongFromMs =
    coding === undefined
      ? mtimeMs + (isWholeSecond ? SETTLED_AFTER_WHOLE_SECONDS_MS : SETTLED_AFTER_MS)
      : Number.POSITIVE_INFINITY;
  return { opaque, strongFromMs, mtimeMs };
}

/**
 * Whether all that is said of a state stays the same from now on: its tag as strong as it gets, its date past.
 * @param facts of the state
 * @param nowMs the present moment, milliseconds since 1970
 */
export function isSteady({ strongFromMs, mtimeMs }: VersionFacts, nowMs: number): boolean {
  const isStrongOrNever = nowMs >= strongFromMs || strongFromMs === Number.POSITIVE_INFINITY;
  return isStrongOrNever && nowMs - mtimeMs >= 1000 && mtimeMs >= 0;
}
