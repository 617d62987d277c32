import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, join, resolve, sep } from 'node:path';
import { HeddleError } from '#observe/heddle-error.ts';
import { pathBelow } from '#server/target-paths.ts';
import { ConfigFile } from './config-file.ts';
import { findTarget } from './target.ts';

/** What is to be run elsewhere, and what the folder says of it. */
export interface Deployment {
  /** A name that images, units and Kubernetes take: lower-case letters, digits and hyphens, at most 40. */
  readonly name: string;
  /** The current folder, absolute. */
  readonly root: string;
  /** The folder or app, from the current folder, such as `./app.ts`; `undefined` where the config file says it. */
  readonly target: string | undefined;
  /** Whether it is a folder, and nothing beside it is needed. */
  readonly isFolderAlone: boolean;
  /** What package.json says; empty where there is none. */
  readonly manifest: Manifest;
  /** npm's record of what is installed, by its name. */
  readonly lockFile: string | undefined;
}

/** The members of package.json that are read. */
export interface Manifest {
  readonly name?: unknown;
  readonly dependencies?: Readonly<Record<string, unknown>>;
  readonly optionalDependencies?: Readonly<Record<string, unknown>>;
}

const LONGEST_NAME = 40;
const DEFAULT_FOLDER = './public';
const LOCK_FILES = ['package-lock.json', 'npm-shrinkwrap.json'];

/**
 * Reads what is to be run from the current folder.
 * @param named the folder or app as the user named it; where it is left out what a config file says, else `./public`
 * @throws {HeddleError} `ERR_HEDDLE_NO_TARGET`; `ERR_HEDDLE_USAGE` for what cannot be taken along: something outside of
 * the current folder, that folder itself, a name with characters that the files would read otherwise
 */
export function findDeployment(named: string | undefined): Deployment {
  const root = realpathSync('.');
  // As the server will find it there: no variable names another.
  const hasConfig = ConfigFile.find(undefined, {}) !== undefined;
  const target = named === undefined && hasConfig ? undefined : takenAlong(root, named);
  const manifest = readManifest();
  return {
    name: nameOf(manifest, root),
    root,
    target,
    isFolderAlone: !hasConfig && target !== undefined && statSync(target).isDirectory(),
    manifest,
    lockFile: LOCK_FILES.find((name) => existsSync(name)),
  };
}

/** The target from the current folder, `./` first. */
function takenAlong(root: string, named: string | undefined): string {
  if (named === undefined && !existsSync(DEFAULT_FOLDER))
    throw misused(`There is no ${DEFAULT_FOLDER}`, 'Name the app or the folder that is to be served.');
  const { target } = findTarget(named);
  const path = pathBelow(root, realpathSync(resolve(target)))?.replaceAll(sep, '/');
  if (path === '')
    throw misused(
      'All of this folder would be served, these files too',
      'Name an app, or a folder in this one.',
    );
  if (path === undefined)
    throw misused(`"${target}" is not in this folder`, 'Run it in the folder that is to be deployed.');
  if (!/^[\p{L}\p{N} ._@+,=/-]+$/u.test(path))
    throw misused(
      `${JSON.stringify(path)} has characters that the files would read otherwise`,
      'Rename it: letters, digits, blanks and . _ - + , = @ are taken as they are.',
    );
  return `./${path}`;
}

/**
 * The name of what is in the current folder.
 * @throws {HeddleError} `ERR_HEDDLE_USAGE` for a package.json that cannot be read
 */
export function deploymentName(): string {
  return nameOf(readManifest(), realpathSync('.'));
}

function nameOf({ name }: Manifest, root: string): string {
  return safeName(typeof name === 'string' ? name : '', basename(root));
}

/**
 * A name that images, units and Kubernetes take (RFC1123§2.1, and a letter first).
 * @param candidates the first of which something is left is taken: the name of a package, whose scope is left out
 */
export function safeName(...candidates: readonly string[]): string {
  for (const candidate of candidates) {
    const name = candidate
      .replace(/^@[^/]*\//, '')
      .normalize('NFKD')
      .toLowerCase()
      .replace(/\p{M}/gu, '')
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-/, '')
      .replace(/^(?=\d)/, 'app-')
      .slice(0, LONGEST_NAME)
      .replace(/-$/, '');
    if (name !== '') return name;
  }
  return 'app';
}

/**
 * The entry of heddle's command that a service starts: the one that is installed in the current folder goes before the
 * one that runs.
 * @param root the current folder, absolute
 * @param running the entry that runs, absolute
 * @throws {HeddleError} `ERR_HEDDLE_USAGE` where npx has fetched the one that runs, and may remove it any time
 */
export function installedCommand(root: string, running: string): string {
  const own = join(root, INSTALLED_COMMAND);
  if (existsSync(own)) return own;
  if (!running.split(sep).includes('_npx')) return running;
  throw misused(
    `This heddle is a copy in the cache of npx, ${running}, which npm may remove`,
    'Run npm install heddle here, then this again.',
  );
}

/** Where npm puts the entry of the command, from the folder that depends on heddle. */
export const INSTALLED_COMMAND = 'node_modules/heddle/dist/cli/main.js';

function readManifest(): Manifest {
  if (!existsSync('package.json')) return {};
  try {
    const manifest: unknown = JSON.parse(readFileSync('package.json', 'utf8').replace(/^\uFEFF/, ''));
    if (typeof manifest === 'object' && manifest !== null) return manifest;
  } catch (cause) {
    throw misused(`package.json could not be read: ${(cause as Error).message}`, 'Mend it.');
  }
  throw misused('package.json holds no object', 'Mend it.');
}

function misused(what: string, step: string): HeddleError {
  return new HeddleError('ERR_HEDDLE_USAGE', `${what}. ${step}`);
}
