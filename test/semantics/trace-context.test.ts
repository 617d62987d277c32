import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseTraceParent } from '#semantics/trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

suite('traceparent', () => {
  test('is read where it is valid, of a version to come too', () => {
    const read = { traceId: TRACE, parentId: PARENT };
    for (const value of [
      `00-${TRACE}-${PARENT}-01`,
      `cc-${TRACE}-${PARENT}-00`,
      `01-${TRACE}-${PARENT}-01-more`,
    ])
      assert.deepEqual(parseTraceParent(value), read, value);
  });

  test('is passed over whole where it is not', () => {
    const values = [
      undefined,
      '',
      `ff-${TRACE}-${PARENT}-01`,
      `00-${TRACE}-${PARENT}-01-more`,
      `01-${TRACE}-${PARENT}-01more`,
      `00-${'0'.repeat(32)}-${PARENT}-01`,
      `00-${TRACE}-${'0'.repeat(16)}-01`,
      `00-${TRACE.toUpperCase()}-${PARENT}-01`,
      `00-${TRACE}-${PARENT}`,
      `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`,
      ` 00-${TRACE}-${PARENT}-01`,
    ];
    for (const value of values) assert.equal(parseTraceParent(value), undefined, String(value));
  });
});
