/** `node:ffi`, as far as it is used here. */
type Ffi = typeof import('node:ffi');

/**
 * Calls into libc, where they can be had: Node 26.9 and later, on Linux.
 * @returns `undefined` elsewhere
 */
export function loadFfi(): Ffi | undefined {
  // Constants, and passing a variable argument like a declared one, are right on Linux alone.
  if (process.platform !== 'linux') return undefined;
  return withoutFfiWarning(() => process.getBuiltinModule('node:ffi'));
}

/** Loading `node:ffi` warns that it is experimental: the user did not choose it and can do nothing about it. */
function withoutFfiWarning<T>(run: () => T): T {
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    const isOurs = rest[0] === 'ExperimentalWarning' && String(warning).startsWith('FFI ');
    if (!isOurs) Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return run();
  } finally {
    process.emitWarning = emitWarning;
  }
}
