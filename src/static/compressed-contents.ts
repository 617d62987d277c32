import type { ContentCoding } from '#semantics/content-coding.ts';
import type { FileVersion } from './open-file.ts';

/** Contents of files in a coding, made elsewhere and kept there, once for each state of a file. */
export interface CompressedContents {
  /**
   * What is there.
   * @param key from {@link compressedKey}
   * @returns `undefined` where it is not made yet; `worthless` where the coding makes nothing smaller
   */
  have(key: string): Uint8Array | 'worthless' | undefined;
  /**
   * Has it made, unless that was asked for a moment ago.
   * @param key from {@link compressedKey}
   * @param coding to make it in
   * @param read the content; called later, in this thread; `undefined` where that state of the file is gone
   */
  want(key: string, coding: ContentCoding, read: () => Uint8Array | undefined): void;
}

/** Smaller content leaves in one packet as it is; larger would hold a pool thread for many seconds. */
export const COMPRESSED_BYTES: { readonly least: number; readonly most: number } = {
  least: 1024,
  most: 4 * 1024 * 1024,
};

/** One state of a file in one coding, as a name that every thread forms alike. */
export function compressedKey(
  { device, inode, size, mtimeNs, ctimeNs }: FileVersion,
  coding: ContentCoding,
): string {
  return `${device}-${inode}-${size}-${mtimeNs}-${ctimeNs}-${coding}`;
}
