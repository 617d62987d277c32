import { fstatSync, statSync, watch } from 'node:fs';
import { join, sep } from 'node:path';

/** Editors write a file in several steps, and several files at once. */
const SETTLE_MS = 100;

/**
 * Watches a folder with all that is below it, but for `node_modules`, what begins with a dot, and the files that this
 * process writes its output to: each reload is logged, and would be the next one's reason.
 * @param folder its path
 * @param onChange called once things have been quiet for `settleMs`, with the path of the first change in the folder
 * @param settleMs in milliseconds, 0 or more
 * @returns ends it
 * @throws the error of the system, such as `ENOSPC` where it watches too many files already
 */
export function watchFolder(
  folder: string,
  onChange: (path: string) => void,
  settleMs: number = SETTLE_MS,
): () => void {
  let first: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(folder, { recursive: true }, (_, path) => {
    if (path === null || !isWatched(path) || isOwnOutput(join(folder, path))) return;
    first ??= path;
    clearTimeout(timer);
    timer = setTimeout(() => {
      const changed = first ?? path;
      first = undefined;
      onChange(changed);
    }, settleMs);
  });
  // A folder that vanishes while it is looked at; what is left of it is watched on.
  watcher.on('error', () => undefined);
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}

/**
 * Whether a change counts.
 * @param path relative to the folder
 */
export function isWatched(path: string): boolean {
  return !path.split(sep).some((part) => part === 'node_modules' || part.startsWith('.'));
}

/** `heddle app.ts --watch > log` in the folder of the app. */
function isOwnOutput(path: string): boolean {
  const changed = statSync(path, { throwIfNoEntry: false });
  if (changed === undefined) return false;
  return [process.stdout.fd, process.stderr.fd].some((fd) => {
    try {
      const { dev, ino } = fstatSync(fd);
      return dev === changed.dev && ino === changed.ino;
    } catch {
      // It is closed.
      return false;
    }
  });
}
