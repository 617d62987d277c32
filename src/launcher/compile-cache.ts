import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What Node calls the folder of its compile cache. */
const VARIABLE = 'NODE_COMPILE_CACHE';

/**
 * A folder in which one server leaves its compiled modules for the next: that one serves in less than half the time, and
 * who waits in the kernel's queue waits for just that. Nobody else can write to it: what is in it is run. Start: before
 * the first server. Stop: {@link remove}.
 */
export class CompileCache {
  readonly #folder: string | undefined;

  /** @param environment of the servers: a cache that is named or forbidden there is as it is */
  constructor(environment: Readonly<Record<string, string | undefined>>) {
    if (environment[VARIABLE] || environment.NODE_DISABLE_COMPILE_CACHE) return;
    try {
      this.#folder = mkdtempSync(join(tmpdir(), 'heddle-launcher-'));
    } catch {
      // Nothing can be written here: servers compile for themselves.
    }
  }

  /** Whether there is such a folder. */
  get isOwn(): boolean {
    return this.#folder !== undefined;
  }

  /** What is to be added to the environment of a server. */
  get variables(): Readonly<Record<string, string>> {
    return this.#folder === undefined ? {} : { [VARIABLE]: this.#folder };
  }

  /** Removes the folder. */
  remove(): void {
    if (this.#folder !== undefined) removeCacheFolder(this.#folder);
  }
}

/**
 * The folder of the cache that a process was started with.
 * @param environment of the process
 */
export function cacheFolderIn(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  return environment[VARIABLE];
}

/**
 * Removes the folder of a cache, as far as it can be: what is in it is of no use to anybody.
 * @param folder its path
 */
export function removeCacheFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // A process that still writes to it; the system clears its temporary folder some day.
  }
}
