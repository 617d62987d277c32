/** Which trace a request is part of, and which step of it asked (W3C Trace Context, 3.2.2). */
export interface TraceParent {
  /** 32 hexadecimal digits in lower case, not all zero. */
  readonly traceId: string;
  /** Of the step that sent the request: 16 hexadecimal digits in lower case, not all zero. */
  readonly parentId: string;
}

/*
 * traceparent = version "-" trace-id "-" parent-id "-" trace-flags, all in lower case (W3C Trace Context, 3.2.1).
 * A version to come may have more behind another "-" (3.2.4); ff is none.
 */
const TRACE_PARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;

/**
 * Reads a `traceparent`.
 * @param value the combined value of the field; `undefined` where it is absent
 * @returns `undefined` for one that is not valid, which is to be passed over whole (W3C Trace Context, 4.3)
 */
export function parseTraceParent(value: string | undefined): TraceParent | undefined {
  if (value === undefined) return undefined;
  const [, version, traceId, parentId, more] = TRACE_PARENT.exec(value) ?? [];
  if (traceId === undefined || parentId === undefined) return undefined;
  return version === '00' && more !== undefined ? undefined : { traceId, parentId };
}
