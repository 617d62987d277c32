import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import {
  type ByteRange,
  formatContentRange,
  formatUnsatisfiedRange,
  parseByteRanges,
  resolveByteRanges,
} from '#semantics/byte-range.ts';

const LENGTH = 10_000;
const RESOLVED: [string, ByteRange[] | 'unsatisfiable' | 'ignore'][] = [
  ['bytes=0-499', [{ start: 0, end: 500 }]],
  ['bytes=500-999', [{ start: 500, end: 1000 }]],
  ['bytes=-500', [{ start: 9500, end: 10_000 }]],
  ['bytes=9500-', [{ start: 9500, end: 10_000 }]],
  ['bytes=0-0', [{ start: 0, end: 1 }]],
  ['bytes=9999-9999', [{ start: 9999, end: 10_000 }]],
  ['bytes=9999-20000', [{ start: 9999, end: 10_000 }]],
  ['bytes=-20000', [{ start: 0, end: 10_000 }]],
  ['bytes=0-', [{ start: 0, end: 10_000 }]],
  [`bytes=0-${'9'.repeat(400)}`, [{ start: 0, end: 10_000 }]],
  ['BYTES=0-1', [{ start: 0, end: 2 }]],
  ['bytes=000-0001', [{ start: 0, end: 2 }]],
  [
    'bytes=0-0,-1',
    [
      { start: 0, end: 1 },
      { start: 9999, end: 10_000 },
    ],
  ],
  [
    'bytes=0-0 ,\t2-2',
    [
      { start: 0, end: 1 },
      { start: 2, end: 3 },
    ],
  ],
  ['bytes=,0-0,,', [{ start: 0, end: 1 }]],
  ['bytes=0-0,10000-', [{ start: 0, end: 1 }]],
  ['bytes=10000-', 'unsatisfiable'],
  ['bytes=10000-10001', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=10000-,-0', 'unsatisfiable'],
  [`bytes=${'9'.repeat(400)}-`, 'unsatisfiable'],
  ['bytes=1-0', 'ignore'],
  ['bytes=0-0,1-0', 'ignore'],
  ['bytes=', 'ignore'],
  ['bytes=,', 'ignore'],
  ['bytes=-', 'ignore'],
  ['bytes', 'ignore'],
  ['bytes=a-b', 'ignore'],
  ['bytes=0', 'ignore'],
  ['bytes=0-1-2', 'ignore'],
  ['bytes=--1', 'ignore'],
  ['bytes=+0-1', 'ignore'],
  ['bytes=0 - 1', 'ignore'],
  ['bytes=0x0-0x1', 'ignore'],
  ['bytes =0-1', 'ignore'],
  ['bytes: 0-1', 'ignore'],
  ['lines=0-1', 'ignore'],
  ['0-1', 'ignore'],
  ['', 'ignore'],
];

suite('byte ranges', () => {
  for (const [value, expected] of RESOLVED) {
    const what =
      typeof expected === 'string'
        ? expected
        : expected.map(({ start, end }) => `[${start},${end})`).join(' ');
    test(`"${value.slice(0, 40)}" of ${LENGTH} bytes is ${what} (RFC9110§14.1.2)`, () => {
      assert.deepEqual(resolveByteRanges(value, LENGTH), expected);
    });
  }

  test('of an empty representation a suffix is the whole, anything else is unsatisfiable', () => {
    assert.equal(resolveByteRanges('bytes=-1', 0), 'ignore');
    assert.equal(resolveByteRanges('bytes=-0', 0), 'unsatisfiable');
    assert.equal(resolveByteRanges('bytes=0-', 0), 'unsatisfiable');
    assert.equal(resolveByteRanges('bytes=0-0', 0), 'unsatisfiable');
  });

  test('32 ranges are read, with a 33rd the field is ignored (RFC9110§14.2)', () => {
    const set = (count: number) => `bytes=${',,'.repeat(40)}${Array(count).fill('0-1').join(',')}`;
    assert.equal(parseByteRanges(set(32))?.length, 32);
    assert.equal(parseByteRanges(set(33)), undefined);
  });

  test('a resolved range always lies inside the representation and is not empty', () => {
    const position = fc.oneof(fc.nat(300).map(String), fc.constant(''), fc.stringMatching(/^\d{1,30}$/));
    const spec = fc.tuple(position, position).map(([first, last]) => `${first}-${last}`);
    fc.assert(
      fc.property(fc.array(spec, { maxLength: 4 }), fc.nat(200), (specs, length) => {
        const ranges = resolveByteRanges(`bytes=${specs.join(',')}`, length);
        if (typeof ranges === 'string') return;
        assert.ok(ranges.length > 0);
        for (const { start, end } of ranges) assert.ok(start >= 0 && start < end && end <= length);
      }),
    );
  });

  test('Content-Range names the last byte, not the one behind it (RFC9110§14.4)', () => {
    assert.equal(formatContentRange({ start: 0, end: 500 }, 1234), 'bytes 0-499/1234');
    assert.equal(formatUnsatisfiedRange(1234), 'bytes */1234');
  });
});
