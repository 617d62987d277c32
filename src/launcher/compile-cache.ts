import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What Node calls the folder of its compile cache. */
const VARIABLE = 'NODE_COMPILE_CACHE';

const BEGINNING = join(tmpdir(), 'heddle-launcher-');

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
      this.#folder = mkdtempSync(BEGINNING);
    } catch {
      // Nothing can be written here: servers compile for themselves.
    }
  }

  /** What is to be added to the environment of a server. */
  get variables(): Readonly<Record<string, string>> {
    return this.#folder === undefined ? {} : { [VARIABLE]: this.#folder };
  }

  /** Removes the folder. */
  remove(): void {
    if (this.#folder !== undefined) removeFolder(this.#folder);
  }
}

/**
 * Removes the folder that a launcher has left, by a server of it.
 * @param environment of the server
 */
export function removeLeftCache(environment: Readonly<Record<string, string | undefined>>): void {
  const folder = environment[VARIABLE];
  if (folder?.startsWith(BEGINNING)) removeFolder(folder);
}

function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
