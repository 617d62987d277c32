import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { posix } from 'node:path';

/** How many CPUs this process may use, and why. */
export interface UsableCpus {
  /** A whole number, at least 1. */
  readonly count: number;
  /** For people: `2 cores`, `cgroup limit 2.0 of 16 cores`. */
  readonly reason: string;
}

/** What the count is worked out from. */
export interface CpuSource {
  /** The content of a text file, or undefined if it cannot be read. */
  readFile(path: string): string | undefined;
  /** Node's own count: affinity, and some cgroup limits. */
  availableParallelism(): number;
}

const SYSTEM: CpuSource = {
  availableParallelism,
  readFile(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  },
};

/**
 * The smaller of the cores this process may run on and the CPU quota of its cgroups, v1 and v2. A quota is rounded
 * down: one thread more than the quota pays for is stopped by the kernel in the middle of a request, in every
 * period of 100 ms.
 */
export function usableCpus(source: CpuSource = SYSTEM): UsableCpus {
  const parallelism = source.availableParallelism();
  const cores = coresOfAffinity(source) ?? parallelism;
  const quota = smallestQuota(source);
  const count = Math.max(1, Math.floor(Math.min(parallelism, cores, quota)));
  if (quota < cores) return { count, reason: `cgroup limit ${formatQuota(quota)} of ${coresText(cores)}` };
  return { count, reason: coresText(count) };
}

/** Two decimals where one would hide that the quota is not whole: 1.96 is no 2.0. */
function formatQuota(quota: number): string {
  const tenths = Math.round(quota * 10) / 10;
  return Math.abs(tenths - quota) < 0.001 ? quota.toFixed(1) : (Math.floor(quota * 100) / 100).toFixed(2);
}

function coresText(cores: number): string {
  return `${cores} ${cores === 1 ? 'core' : 'cores'}`;
}

/** Node's own count cannot tell a quota from an affinity; the list of allowed CPUs knows no quota. */
function coresOfAffinity(source: CpuSource): number | undefined {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(source.readFile('/proc/self/status') ?? '')?.[1];
  if (list === undefined) return undefined;
  let cores = 0;
  for (const range of list.split(',')) {
    const [first = Number.NaN, last = first] = range.split('-').map(Number);
    cores += last - first + 1;
  }
  return cores >= 1 ? cores : undefined;
}

/** Where a cgroup hierarchy that can limit CPU time is mounted, and the cgroup of this process in it. */
interface Hierarchy {
  readonly version: 1 | 2;
  /** The folder it is mounted on. */
  readonly mountPoint: string;
  /** The cgroup shown at the mount point: not `/` where a container sees the host's paths. */
  readonly mountRoot: string;
  /** The cgroup of this process. */
  readonly path: string;
}

/** In CPUs; infinite without a limit. A limit anywhere above this process's own cgroup holds too. */
function smallestQuota(source: CpuSource): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (const hierarchy of hierarchiesOf(source)) {
    const readQuota = hierarchy.version === 2 ? quotaOfVersion2 : quotaOfVersion1;
    for (const folder of foldersUpwards(hierarchy)) {
      smallest = Math.min(smallest, readQuota(source, folder) ?? Number.POSITIVE_INFINITY);
    }
  }
  return smallest;
}

/** On a hybrid system both versions are there, and either can limit. */
function hierarchiesOf(source: CpuSource): Hierarchy[] {
  const mounts = source.readFile('/proc/self/mountinfo') ?? '';
  const hierarchies: Hierarchy[] = [];
  for (const line of (source.readFile('/proc/self/cgroup') ?? '').split('\n')) {
    // cgroups(7): hierarchy-ID:controller-list:cgroup-path; a path may hold colons.
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const version = controllers === '' ? 2 : 1;
    if (version === 1 && !controllers.split(',').includes('cpu')) continue;
    hierarchies.push({ version, path, ...findMount(mounts, version) });
  }
  return hierarchies;
}

function findMount(mounts: string, version: 1 | 2): { mountPoint: string; mountRoot: string } {
  for (const line of mounts.split('\n')) {
    // proc_pid_mountinfo(5): id parent major:minor root mount-point options [fields] - type source super-options
    const [left = '', right = ''] = line.split(' - ');
    const [, , , mountRoot, mountPoint] = left.split(' ');
    const [type, , superOptions = ''] = right.split(' ');
    if (mountRoot === undefined || mountPoint === undefined) continue;
    const isIt =
      version === 2 ? type === 'cgroup2' : type === 'cgroup' && superOptions.split(',').includes('cpu');
    if (isIt) return { mountRoot, mountPoint };
  }
  return { mountRoot: '/', mountPoint: version === 2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/cpu' };
}

/** The folders of this process's cgroup and of every cgroup above it, as far up as they can be seen. */
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

/** `cpu.max` holds quota and period in microseconds, `max` for no quota; the root cgroup has no such file. */
function quotaOfVersion2(source: CpuSource, folder: string): number | undefined {
  const [quota, period] = (source.readFile(posix.join(folder, 'cpu.max')) ?? '').trim().split(/\s+/);
  return ratioOf(quota, period);
}

/** A quota of -1 is none. */
function quotaOfVersion1(source: CpuSource, folder: string): number | undefined {
  const quota = source.readFile(posix.join(folder, 'cpu.cfs_quota_us'));
  return ratioOf(quota, source.readFile(posix.join(folder, 'cpu.cfs_period_us')));
}

function ratioOf(quota: string | undefined, period: string | undefined): number | undefined {
  const ratio = Number(quota) / Number(period);
  return Number.isFinite(ratio) && ratio > 0 ? ratio : undefined;
}
