import { readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** Where text files are read from. */
export interface FileSource {
  /** The content of a text file, or undefined if it cannot be read. */
  readFile(path: string): string | undefined;
}

/** The files of this machine. */
export const SYSTEM_FILES: FileSource = {
  readFile(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  },
};

/** A folder in which a cgroup shows its limits. */
export interface CgroupFolder {
  /** Of the cgroup interface: it decides what the files are called. */
  readonly version: 1 | 2;
  /** Its path. */
  readonly folder: string;
}

/**
 * The folders of this process's cgroup and of every cgroup above it, as far up as they can be seen: a limit of any holds.
 * @param source where `/proc` is read
 * @param controller what is limited
 */
export function cgroupFolders(source: FileSource, controller: 'cpu' | 'memory'): CgroupFolder[] {
  return hierarchiesOf(source, controller).flatMap((hierarchy) =>
    foldersUpwards(hierarchy).map((folder) => ({ version: hierarchy.version, folder })),
  );
}

/** Where a cgroup hierarchy that can limit something is mounted, and the cgroup of this process in it. */
interface Hierarchy {
  readonly version: 1 | 2;
  /** The folder it is mounted on. */
  readonly mountPoint: string;
  /** The cgroup shown at the mount point: not `/` where a container sees the host's paths. */
  readonly mountRoot: string;
  /** The cgroup of this process. */
  readonly path: string;
}

/** On a hybrid system both versions are there, and either can limit. */
function hierarchiesOf(source: FileSource, controller: string): Hierarchy[] {
  const mounts = source.readFile('/proc/self/mountinfo') ?? '';
  const hierarchies: Hierarchy[] = [];
  for (const line of (source.readFile('/proc/self/cgroup') ?? '').split('\n')) {
    // cgroups(7): hierarchy-ID:controller-list:cgroup-path; a path may hold colons.
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const version = controllers === '' ? 2 : 1;
    if (version === 1 && !controllers.split(',').includes(controller)) continue;
    hierarchies.push({ version, path, ...findMount(mounts, version, controller) });
  }
  return hierarchies;
}

function findMount(
  mounts: string,
  version: 1 | 2,
  controller: string,
): { mountPoint: string; mountRoot: string } {
  for (const line of mounts.split('\n')) {
    // proc_pid_mountinfo(5): id parent major:minor root mount-point options [fields] - type source super-options
    const [left = '', right = ''] = line.split(' - ');
    const [, , , mountRoot, mountPoint] = left.split(' ');
    const [type, , superOptions = ''] = right.split(' ');
    if (mountRoot === undefined || mountPoint === undefined) continue;
    const isIt =
      version === 2 ? type === 'cgroup2' : type === 'cgroup' && superOptions.split(',').includes(controller);
    if (isIt) return { mountRoot, mountPoint };
  }
  return { mountRoot: '/', mountPoint: version === 2 ? '/sys/fs/cgroup' : `/sys/fs/cgroup/${controller}` };
}

function foldersUpwards({ mountPoint, mountRoot, path }: Hierarchy): string[] {
  const prefix = mountRoot === '/' ? '' : mountRoot;
  const isInside = path === mountRoot || path.startsWith(`${prefix}/`);
  // Outside of what is mounted (`/../other`, or a path of the host): the mount point is the nearest one visible.
  let relative = isInside && !path.startsWith('/..') ? path.slice(prefix.length) || '/' : '/';
  const folders = [posix.join(mountPoint, relative)];
  while (relative !== '/') {
    relative = posix.dirname(relative);
    folders.push(posix.join(mountPoint, relative));
  }
  return folders;
}
