import { isMarkedAsUntransferable } from 'node:worker_threads';

/** To move less than this costs as much as to copy it. */
const LARGE_BYTES = 64 * 1024;
/** What is buried deeper is copied: to look for it would cost more than it saves. */
const MOST_DEPTH = 3;
const MOST_MEMBERS = 1000;

/**
 * The buffers within values that are better moved than copied: of 64 KiB or more, not shared, as values themselves or
 * within plain objects and arrays, up to three levels deep.
 * @param values the arguments or the result of a job
 */
export function largeBuffersOf(...values: readonly unknown[]): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  for (const value of values) collect(value, 0, found);
  return [...found];
}

function collect(value: unknown, depth: number, found: Set<ArrayBuffer>): void {
  if (typeof value !== 'object' || value === null) return;
  const buffer = ArrayBuffer.isView(value) ? value.buffer : value;
  if (buffer instanceof ArrayBuffer) {
    if (buffer.byteLength >= LARGE_BYTES && !isMarkedAsUntransferable(buffer)) found.add(buffer);
    return;
  }
  if (depth >= MOST_DEPTH || !(Array.isArray(value) || isPlainObject(value))) return;
  const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  for (const member of members.slice(0, MOST_MEMBERS)) collect(member, depth + 1, found);
}

/**
 * Whether a value is of a kind that every thread can rebuild from its copy. Others, such as a key or a file handle, cross
 * alone: one that cannot be rebuilt shall not take others along.
 * @param value any; what is within it is not looked at
 */
export function isPlain(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false;
  if (typeof value !== 'object' || value === null) return true;
  return (
    Array.isArray(value) || isPlainObject(value) || ArrayBuffer.isView(value) || PLAIN.has(value.constructor)
  );
}

const PLAIN: ReadonlySet<unknown> = new Set([ArrayBuffer, SharedArrayBuffer, Date, Map, Set, RegExp]);

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
