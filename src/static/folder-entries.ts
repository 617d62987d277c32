import type { Dirent } from 'node:fs';
import type { FileOpener } from './open-file.ts';

/** One line of a listing. */
export interface FolderEntry {
  /** Its name, as it stands in the folder. */
  readonly name: string;
  readonly isFolder: boolean;
  /** In bytes; 0 for a folder. */
  readonly size: number;
  /** When its content last changed, milliseconds since 1970. */
  readonly modifiedMs: number;
}

/** What is in a folder, as far as it may be seen. */
export interface FolderEntries {
  /** Folders first, then by name, numbers in names by their value. */
  readonly entries: readonly FolderEntry[];
  /** How many more there are: they are not looked at. */
  readonly omitted: number;
}

/** More lines nobody reads, and each costs a look at the disk. */
const MOST_ENTRIES = 2_000;

const byName = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/**
 * Reads what may be seen of a folder: files and folders that a request for them would find. Names with a dot in front,
 * links that lead out of the root, devices and the like are left out.
 * @param opener of the root
 * @param relativePath of the folder; empty for the root itself
 * @returns `undefined` where it cannot be read, or is not below the root
 */
export function readFolder(opener: FileOpener, relativePath: string): FolderEntries | undefined {
  const found = opener.list(relativePath)?.filter(({ name }) => isShown(name, relativePath));
  if (found === undefined) return undefined;
  found.sort((a, b) => byName.compare(a.name, b.name));
  const entries = found.slice(0, MOST_ENTRIES).flatMap((entry) => lookAt(opener, relativePath, entry));
  return {
    entries: [...entries.filter(({ isFolder }) => isFolder), ...entries.filter(({ isFolder }) => !isFolder)],
    omitted: Math.max(0, found.length - MOST_ENTRIES),
  };
}

/** By the rules of `url-path.ts`: what no path can name is not shown. */
function isShown(name: string, folder: string): boolean {
  if (name.startsWith('.')) return folder === '' && name === '.well-known';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: such names are refused in paths.
  return !/[\x00-\x1f\x7f\\\ufffd]/.test(name);
}

function lookAt(opener: FileOpener, folder: string, entry: Dirent): FolderEntry[] {
  const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
  if (entry.isSymbolicLink() && !opener.leadsInside(path)) return [];
  const seen = opener.look(path);
  if (typeof seen === 'object') {
    const { size, mtimeMs } = seen;
    return [{ name: entry.name, isFolder: false, size: Number(size), modifiedMs: Number(mtimeMs) }];
  }
  return seen === 'folder'
    ? [{ name: entry.name, isFolder: true, size: 0, modifiedMs: opener.modifiedMs(path) }]
    : [];
}
