import { totalmem } from 'node:os';
import { posix } from 'node:path';
import { cgroupFolders, type FileSource, SYSTEM_FILES } from './cgroup.ts';

/** How much memory the process may have, and why. */
export interface MemoryLimit {
  /** In bytes. */
  readonly bytes: number;
  /** Whether a cgroup limits it; else it is what the machine has. */
  readonly isCgroup: boolean;
}

/**
 * The smallest memory limit of the cgroups of this process, v1 and v2, or what the machine has.
 * @param source where limits are read
 * @param machineBytes what the machine has
 */
export function memoryLimit(
  source: FileSource = SYSTEM_FILES,
  machineBytes: number = totalmem(),
): MemoryLimit {
  let bytes = machineBytes;
  for (const { version, folder } of cgroupFolders(source, 'memory')) {
    const file = version === 2 ? 'memory.max' : 'memory.limit_in_bytes';
    // `max`, or on version 1 a number beyond all memory, is no limit.
    const limit = Number(source.readFile(posix.join(folder, file)) ?? Number.NaN);
    if (limit > 0 && limit < bytes) bytes = limit;
  }
  return { bytes, isCgroup: bytes < machineBytes };
}

/** How many descriptors the process may have open. */
export interface DescriptorLimit {
  /** What holds now. Node raises it to the hard limit when it starts. */
  readonly soft: number;
  /** As far as it may be raised without privileges. */
  readonly hard: number;
}

/**
 * The limit of open files, from `/proc/self/limits`.
 * @param source where it is read
 * @returns `undefined` where the system does not tell
 */
export function descriptorLimit(source: FileSource = SYSTEM_FILES): DescriptorLimit | undefined {
  const limits = source.readFile('/proc/self/limits') ?? '';
  const [, soft, hard] = /^Max open files +(\d+|unlimited) +(\d+|unlimited)/m.exec(limits) ?? [];
  if (soft === undefined || hard === undefined) return undefined;
  return { soft: readLimit(soft), hard: readLimit(hard) };
}

function readLimit(text: string): number {
  return text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text);
}
