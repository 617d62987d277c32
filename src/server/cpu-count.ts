import { availableParallelism } from 'node:os';
import { posix } from 'node:path';
import { cgroupFolders, type FileSource, SYSTEM_FILES } from './cgroup.ts';

/** How many CPUs this process may use, and why. */
export interface UsableCpus {
  /** A whole number, at least 1. */
  readonly count: number;
  /** For people: `2 cores`, `cgroup limit 2.0 of 16 cores`. */
  readonly reason: string;
}

/** What the count is worked out from. */
export interface CpuSource extends FileSource {
  /** Node's own count: affinity, and some cgroup limits. */
  availableParallelism(): number;
}

const SYSTEM: CpuSource = { ...SYSTEM_FILES, availableParallelism };

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

/** In CPUs; infinite without a limit. A limit anywhere above this process's own cgroup holds too. */
function smallestQuota(source: CpuSource): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (const { version, folder } of cgroupFolders(source, 'cpu')) {
    const readQuota = version === 2 ? quotaOfVersion2 : quotaOfVersion1;
    smallest = Math.min(smallest, readQuota(source, folder) ?? Number.POSITIVE_INFINITY);
  }
  return smallest;
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
