/**
 * What an operation came to, comparable between our classes and Node's: a value, or the class of an error. The
 * messages are each class's own.
 */
export type Outcome = { readonly value: unknown } | { readonly error: string };

/** What a call gives or throws. @param operation the call */
export function outcome(operation: () => unknown): Outcome {
  try {
    return { value: operation() };
  } catch (error) {
    return failed(error);
  }
}

/** What a call gives, throws, or its promise comes to. @param operation the call */
export async function settled(operation: () => unknown): Promise<Outcome> {
  try {
    return { value: plain(await operation()) };
  } catch (error) {
    return failed(error);
  }
}

/**
 * A value in a form that can be compared: bytes as an array, a form as its entries.
 * @param value what a body's method gave
 */
function plain(value: unknown): unknown {
  if (value instanceof ArrayBuffer) return ['ArrayBuffer', ...new Uint8Array(value)];
  if (value instanceof Uint8Array) return [value.constructor.name, ...value];
  if (value instanceof FormData)
    return ['FormData', ...[...value].map(([name, part]) => [name, String(part)])];
  if (value instanceof Blob) return ['Blob', value.size, value.type];
  return value;
}

function failed(error: unknown): Outcome {
  return { error: error instanceof Error ? error.name : typeof error };
}
