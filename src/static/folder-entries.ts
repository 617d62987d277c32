import type { Dirent } from 'node:fs';
import { FirstInOrder } from './first-in-order.ts';
import type { FileOpener } from './open-file.ts';
import type { EntryState, OpenFolder } from './open-folder.ts';
import { isNameable } from './url-path.ts';

/** One line of a listing. */
export interface FolderEntry extends EntryState {
  /** Its name, as it stands in the folder. */
  readonly name: string;
}

/** What is in a folder, as far as it is served. */
export interface FolderEntries {
  /** Folders first, then by name, numbers in names by their value. */
  readonly entries: readonly FolderEntry[];
  /** How many names come behind these; they were not looked at. */
  readonly omitted: number;
  /** Whether all names were read: otherwise there are more than `omitted` says. */
  readonly isComplete: boolean;
}

/** More lines nobody reads, and each costs a look at the disk. */
export const MOST_ENTRIES = 10_000;

/** So many names are read to find those that come first: some tenths of a second. */
const MOST_NAMES = 200_000;

/** One order on every machine: a listing's tag hangs on it. */
const byName = new Intl.Collator('en', { numeric: true });

/**
 * Reads what is served of a folder: files and folders that a request would find. Dotfiles, links that lead out of the root,
 * devices and the like, and what this process may not read are left out. The steps are short, for `time-slices.ts`.
 * @param opener of the root
 * @param folder is read to its end; the caller closes it
 * @param relativePath of the folder; empty for the root
 * @param isListed whether a name is to be seen
 */
export function* readFolder(
  opener: FileOpener,
  folder: Pick<OpenFolder, 'next' | 'look'>,
  relativePath: string,
  isListed: (name: string) => boolean = () => true,
): Generator<void, FolderEntries> {
  const first = new FirstInOrder<Dirent>(MOST_ENTRIES, compareDirents);
  let left = MOST_NAMES;
  for (let entry = folder.next(); entry !== undefined; entry = folder.next()) {
    if (left === 0) break;
    left -= 1;
    if (isNameable(entry.name, relativePath === '') && isListed(entry.name)) first.add(entry);
    yield;
  }
  const folders = new FirstInOrder<FolderEntry>(MOST_ENTRIES, (a, b) => compareNames(a.name, b.name));
  const files: FolderEntry[] = [];
  let previous: string | undefined;
  for (const { name } of first.items) {
    // Names that are not UTF-8 are read with U+FFFD in them: nothing is found by that, or another entry.
    const seen = name === previous ? undefined : lookAt(opener, folder, relativePath, name);
    previous = name;
    if (seen?.isFolder === true) folders.add({ name, ...seen });
    else if (seen !== undefined) files.push({ name, ...seen });
    yield;
  }
  return { entries: [...folders.items, ...files], omitted: first.omitted, isComplete: left > 0 };
}

function lookAt(
  opener: FileOpener,
  folder: Pick<OpenFolder, 'look'>,
  relativePath: string,
  name: string,
): EntryState | undefined {
  const seen = folder.look(name);
  if (seen !== 'link') return seen;
  // Only what a request would be given: by the one door.
  const path = relativePath === '' ? name : `${relativePath}/${name}`;
  const target = opener.look(path);
  if (target === 'folder') {
    const linked = opener.openFolder(path);
    if (typeof linked === 'string') return undefined;
    const { state } = linked;
    linked.close();
    return state;
  }
  if (typeof target === 'string') return undefined;
  const file = opener.openSeen(path);
  if (typeof file === 'string') return undefined;
  file.close();
  return { isFolder: false, size: file.length, modifiedMs: Number(file.stats.mtimeMs) };
}

function compareDirents(a: Dirent, b: Dirent): number {
  return Number(b.isDirectory()) - Number(a.isDirectory()) || compareNames(a.name, b.name);
}

function compareNames(a: string, b: string): number {
  // Of names that are one to a reader, in two spellings, either comes first, but always the same.
  return byName.compare(a, b) || (a < b ? -1 : Number(a > b));
}
