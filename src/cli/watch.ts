import { existsSync, fstatSync, statSync, watch } from 'node:fs';
import { dirname, join, sep } from 'node:path';

/** Editors write a file in several steps, and several files at once. */
const SETTLE_MS = 100;

/**
 * Watches a folder with all that is below it, but for `node_modules`, what begins with a dot, and the files that this
 * process writes its output to: each reload is logged, and would be the next one's reason.
 * @param folder its path
 * @param outputs absolute paths of further files that it writes, and those that they are given when logs are rotated
 * @param onChange called once things have been quiet for `settleMs`, with the path of the first change in the folder
 * @param settleMs in milliseconds, 0 or more
 * @returns ends it
 * @throws the error of the system, such as `ENOSPC` where it watches too many files already
 */
export function watchFolder(
  folder: string,
  outputs: readonly string[],
  onChange: (path: string) => void,
  settleMs: number = SETTLE_MS,
): () => void {
  const settling = settle(onChange, settleMs);
  const watcher = watch(folder, { recursive: true }, (_, path) => {
    if (path === null || !isWatched(path)) return;
    const changed = join(folder, path);
    // A rotated log has the name of the log and more: `access.log.1`.
    if (outputs.some((output) => changed.startsWith(output)) || isOwnOutput(changed)) return;
    settling.note(path);
  });
  // A folder that vanishes while it is looked at; what is left of it is watched on.
  watcher.on('error', () => undefined);
  return () => {
    settling.end();
    watcher.close();
  };
}

/**
 * Watches single files, those too that are not there yet.
 * @param paths absolute; a file whose folder is not there is not watched
 * @param onChange called once things have been quiet for `settleMs`, with the name of the first file that changed
 * @param settleMs in milliseconds, 0 or more
 * @returns ends it
 */
export function watchFiles(
  paths: readonly string[],
  onChange: (path: string) => void,
  settleMs: number = SETTLE_MS,
): () => void {
  const settling = settle(onChange, settleMs);
  const folders = new Set(paths.map((path) => dirname(path)));
  const watchers = [...folders].filter(existsSync).map((folder) =>
    watch(folder, (_, name) => {
      if (name !== null && paths.includes(join(folder, name))) settling.note(name);
    }).on('error', () => undefined),
  );
  return () => {
    settling.end();
    for (const watcher of watchers) watcher.close();
  };
}

function settle(
  onChange: (path: string) => void,
  settleMs: number,
): { note(path: string): void; end(): void } {
  let first: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  return {
    note(path) {
      first ??= path;
      clearTimeout(timer);
      timer = setTimeout(() => {
        const changed = first ?? path;
        first = undefined;
        onChange(changed);
      }, settleMs);
    },
    end: () => clearTimeout(timer),
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
