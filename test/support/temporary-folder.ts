import { mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';

const OLD_SECONDS = Date.UTC(2020, 1, 2, 3, 4, 5) / 1000;

/**
 * Makes a folder that is removed when the surrounding suite or file ends.
 * @param files contents by relative path; folders come into being as needed
 * @returns its real absolute path
 */
export function temporaryFolder(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heddle-test-')));
  after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeSettled(join(folder, path), content);
  }
  return folder;
}

/** Writes a file that looks as if nobody had touched it for years: one that was written just now is answered later. */
export function writeSettled(path: string, content: string | Uint8Array): void {
  writeFileSync(path, content);
  utimesSync(path, OLD_SECONDS, OLD_SECONDS);
}
