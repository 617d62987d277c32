import { setFlagsFromString } from 'node:v8';
import { overridingHeapFlags } from './heap-limits.ts';

/**
 * That of Node 26, with which it was measured. That of Node 24 lets twice the memory go by before it collects, and another
 * may not know the flag, and would say so on standard error.
 */
const TRIED_V8 = /^14\.\d+\./;
const FLAG = '--external-memory-accounted-in-global-limit';
const SET_BY_HAND = /^--(?:no[-_]?)?external[-_]memory[-_]accounted[-_]in[-_]global[-_]limit/;

/** What {@link weighExternalMemory} goes by; the process's own in all but tests. */
export interface ProcessTraits {
  /** The version of V8. */
  readonly v8: string;
  /** `process.execArgv` */
  readonly execArgv: readonly string[];
  /** The environment variable `NODE_OPTIONS`. */
  readonly nodeOptions: string | undefined;
  /** Sets a flag of V8. */
  setFlag(flag: string): void;
}

/**
 * Has V8 weigh the memory of array buffers against the limit of the whole heap. Else 64 MiB of them since the last full
 * collection begin the next, though a collection of what is young would free them: with 64 KiB of content in each, that is
 * every 900 requests (decision 020). For all threads of the process, from now on; those that start then compile what they
 * load.
 *
 * Not where heaps are limited: a thread that keeps more than its limit in array buffers would collect all the time then.
 * @param threadMemoryMb the limit of a thread's heap; 0: Node's own
 * @param traits of the process
 * @returns whether it does so
 */
export function weighExternalMemory(threadMemoryMb: number, traits: ProcessTraits = ourProcess()): boolean {
  const { v8, execArgv, nodeOptions } = traits;
  const flags = [...execArgv, ...(nodeOptions ?? '').split(/\s+/)];
  const isLimited = threadMemoryMb > 0 || overridingHeapFlags(execArgv, nodeOptions).length > 0;
  if (isLimited || !TRIED_V8.test(v8) || flags.some((flag) => SET_BY_HAND.test(flag))) return false;
  traits.setFlag(FLAG);
  return true;
}

function ourProcess(): ProcessTraits {
  return {
    v8: process.versions.v8,
    execArgv: process.execArgv,
    nodeOptions: process.env.NODE_OPTIONS,
    setFlag: setFlagsFromString,
  };
}
