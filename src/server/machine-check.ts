import { type UsableCpus, usableCpus } from './cpu-count.ts';
import { type DescriptorLimit, descriptorLimit, type MemoryLimit, memoryLimit } from './process-limits.ts';
import type { Settings } from './serve-options.ts';

/** One thing that a check found. */
export interface Finding {
  /** `problem`: it will not work; `warning`: not well, or not under load. */
  readonly mark: 'ok' | 'warning' | 'problem';
  /** What it is about, in a word. */
  readonly subject: string;
  /** What was found, and what to do, in a line. */
  readonly text: string;
}

/** What a machine gives to this process. */
export interface Machine {
  /** The CPUs it may use. */
  readonly cpus: UsableCpus;
  /** The memory it may have. */
  readonly memory: MemoryLimit;
  /** The descriptors it may have open; `undefined` where the system does not tell. */
  readonly descriptors: DescriptorLimit | undefined;
}

const MIB = 1_048_576;
const LEAST_POOL = 4;
/** What a server has open beside its connections: measured, and twice as much for a reload. */
const OWN_DESCRIPTORS = { base: 64, thread: 16, poolThread: 10 };
/** The share of the memory that heaps can have: there are buffers, code and stacks as well. */
const HEAP_SHARE = 0.7;

/**
 * Holds the options of a server against what the machine gives.
 * @param settings of the server
 * @param heapBytes how large the heap of a server thread may become; `undefined` where that is not known
 * @param machine what there is
 */
export function checkMachine(
  settings: Settings,
  heapBytes: number | undefined,
  machine: Machine = { cpus: usableCpus(), memory: memoryLimit(), descriptors: descriptorLimit() },
): Finding[] {
  const { cpus, memory, descriptors } = machine;
  const threads = settings.threads === 'auto' ? cpus.count : settings.threads;
  const poolThreads =
    settings.poolThreads === 'auto' ? Math.max(LEAST_POOL, cpus.count) : settings.poolThreads;
  return [
    cpuFinding(threads, settings.threads === 'auto', cpus),
    memoryFinding(threads, heapBytes, memory),
    descriptorFinding(threads, poolThreads, settings.maxConnections, descriptors),
  ];
}

function cpuFinding(threads: number, isAuto: boolean, { count, reason }: UsableCpus): Finding {
  const subject = 'cpus';
  const found = `${reason}; ${isAuto ? 'auto' : 'as asked'}: ${counted(threads, 'server thread')}`;
  if (threads <= count) return { mark: 'ok', subject, text: found };
  return { mark: 'warning', subject, text: `${found}, which take turns. Give --threads auto.` };
}

function memoryFinding(
  threads: number,
  heapBytes: number | undefined,
  { bytes, isCgroup }: MemoryLimit,
): Finding {
  const subject = 'memory';
  const found = `${mebibytes(bytes)} (${isCgroup ? 'cgroup limit' : 'of the machine'})`;
  if (heapBytes === undefined) return { mark: 'ok', subject, text: found };
  const heaps = `${counted(threads, 'server thread')} with a heap of up to ${mebibytes(heapBytes)}${threads > 1 ? ' each' : ''}`;
  // A machine has swap, and others who give memory back; behind a limit the kernel kills.
  if (!isCgroup || threads * heapBytes <= bytes) return { mark: 'ok', subject, text: `${found}; ${heaps}` };
  const share = Math.max(16, Math.floor((bytes * HEAP_SHARE) / threads / MIB));
  return {
    mark: 'warning',
    subject,
    text:
      `${found}; ${heaps}: the kernel would end the process before a thread that is full is replaced. ` +
      `Give --thread-memory ${share}, or more memory.`,
  };
}

function descriptorFinding(
  threads: number,
  poolThreads: number,
  connections: number,
  limit: DescriptorLimit | undefined,
): Finding {
  const subject = 'files';
  if (limit === undefined) return { mark: 'ok', subject, text: 'the system tells no limit of open files' };
  const own =
    OWN_DESCRIPTORS.base + threads * OWN_DESCRIPTORS.thread + poolThreads * OWN_DESCRIPTORS.poolThread;
  const wanted = threads * connections + own;
  const hard = limit.hard === limit.soft ? '' : `, ${limit.hard} at most`;
  const found = `${limit.soft} may be open${hard}; ${counted(threads, 'server thread')} with up to ${counted(connections, 'connection')}${threads > 1 ? ' each' : ''} and the server itself want ${wanted}`;
  if (wanted <= limit.soft) return { mark: 'ok', subject, text: found };
  const room = Math.floor((limit.soft - own) / threads);
  const instead = room > 0 ? `, or give --max-connections ${room}` : '';
  return {
    mark: room > 0 ? 'warning' : 'problem',
    subject,
    text: `${found}. Raise the limit (ulimit -n, LimitNOFILE= of systemd, --ulimit of Docker)${instead}.`,
  };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`;
}
