import { execFileSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { PROJECT_ROOT } from '../support/spawn-heddle.ts';

const NODE_24 = `${PROJECT_ROOT}test/node24/node_modules/node24/bin/node`;

/** A folder outside of the checkout with heddle in it, installed from its tarball as a user would. */
export class InstalledPackage implements Disposable {
  /** The folder that depends on heddle. */
  readonly folder: string;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'heddle-package-'));
    this.write('package.json', '{ "private": true, "type": "module" }\n');
    npm(['pack', '--pack-destination', this.folder], PROJECT_ROOT);
    const tarball = readdirSync(this.folder).find((name) => name.endsWith('.tgz'));
    npm(['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`], this.folder);
    // What the types of a server for Node refer to; a user has it installed.
    symlinkSync(`${PROJECT_ROOT}node_modules/@types`, `${this.folder}/node_modules/@types`);
  }

  /** The command as npm installed it: it must be executable and find its own Node. */
  get command(): string {
    return `${this.folder}/node_modules/.bin/heddle`;
  }

  /** Puts a file of the user's into the folder. */
  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The Nodes to try the package with: the one that runs this, and 24 where it is installed. */
export function supportedNodes(): string[] {
  return process.version.startsWith('v24.') || !existsSync(NODE_24)
    ? [process.execPath]
    : [process.execPath, NODE_24];
}

/** A Node of the machine's own that is too old for heddle. */
export function tooOldNode(): string | undefined {
  const folders = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'));
  return folders
    .map((folder) => join(folder, 'node'))
    .find((path) => isExecutable(path) && majorOf(path) < 24);
}

/** An environment in which `node` is the given one. */
export function environmentOf(node: string): { PATH: string } {
  return { PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
}

/** `v26.1.0` of the given program. */
export function versionOf(node: string): string {
  return execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
}

function majorOf(node: string): number {
  return Number(/^v(\d+)\./.exec(versionOf(node))?.[1] ?? Number.NaN);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function npm(args: readonly string[], cwd: string): void {
  execFileSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
}
