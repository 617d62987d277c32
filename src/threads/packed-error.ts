import { HeddleError } from '#observe/heddle-error.ts';

/**
 * A thrown value in a form that crosses threads whole. A structured clone of an error loses its `code` and any
 * name that is not a built-in one; this keeps name, message, stack, code, cause and the errors of an
 * `AggregateError`.
 */
export type PackedError =
  | { readonly kind: 'value'; readonly value: unknown }
  | {
      readonly kind: 'error';
      readonly name: string;
      readonly message: string;
      readonly stack: string | undefined;
      readonly code: string | number | undefined;
      readonly cause: PackedError | undefined;
      readonly errors: readonly PackedError[] | undefined;
    };

/** A chain of causes may be a ring; behind this many links it is cut. */
const MAX_DEPTH = 8;

/**
 * Packs whatever was thrown. Never fails for want of being cloneable: such a value crosses as its string.
 * @param thrown what was thrown, an `Error` or any other value
 */
export function packError(thrown: unknown): PackedError {
  return pack(thrown, 0);
}

function pack(thrown: unknown, depth: number): PackedError {
  if (!(thrown instanceof Error)) return { kind: 'value', value: cloneable(thrown) };
  const code: unknown = 'code' in thrown ? thrown.code : undefined;
  const deeper = depth < MAX_DEPTH;
  return {
    kind: 'error',
    name: String(thrown.name),
    message: String(thrown.message),
    stack: typeof thrown.stack === 'string' ? thrown.stack : undefined,
    code: typeof code === 'string' || typeof code === 'number' ? code : undefined,
    cause: deeper && thrown.cause !== undefined ? pack(thrown.cause, depth + 1) : undefined,
    errors:
      deeper && thrown instanceof AggregateError
        ? thrown.errors.map((error) => pack(error, depth + 1))
        : undefined,
  };
}

function cloneable(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return typeof value === 'function' ? `[function ${value.name}]` : Object.prototype.toString.call(value);
  }
}

const BUILT_IN: Readonly<Record<string, ErrorConstructor>> = {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

/**
 * The reverse of {@link packError}. A built-in error keeps its class and one of ours is a `HeddleError` again;
 * any other class comes back as an `Error` with its own `name`.
 * @param packed what {@link packError} made
 */
export function unpackError(packed: PackedError): unknown {
  if (packed.kind === 'value') return packed.value;
  const error = revive(packed);
  if (error.name !== packed.name) define(error, 'name', packed.name);
  if (packed.stack !== undefined) define(error, 'stack', packed.stack);
  if (packed.code !== undefined && !(error instanceof HeddleError))
    Object.assign(error, { code: packed.code });
  return error;
}

function revive(packed: Extract<PackedError, { kind: 'error' }>): Error {
  const { name, message, code } = packed;
  const options = packed.cause === undefined ? undefined : { cause: unpackError(packed.cause) };
  if (packed.errors !== undefined)
    return new AggregateError(packed.errors.map(unpackError), message, options);
  if (isOurCode(code)) return new HeddleError(code, message, options);
  return new (BUILT_IN[name] ?? Error)(message, options);
}

function isOurCode(code: string | number | undefined): code is `ERR_HEDDLE_${string}` {
  return typeof code === 'string' && code.startsWith('ERR_HEDDLE_');
}

function define(error: Error, key: 'name' | 'stack', value: string): void {
  Object.defineProperty(error, key, { value, configurable: true, writable: true, enumerable: false });
}

/**
 * An `Error` for anything that was thrown, so that the ends of threads carry one type.
 * @param thrown what was thrown; an `Error` is handed back as it is
 */
export function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new Error(`A value that is no Error was thrown: ${String(thrown)}`, { cause: thrown });
}
