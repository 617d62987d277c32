import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { acceptedCodings } from '#semantics/content-coding.ts';

const ACCEPTED: [string | undefined, string][] = [
  [undefined, 'identity'],
  ['', 'identity'],
  ['gzip', 'gzip identity'],
  ['gzip, deflate, br, zstd', 'br zstd gzip identity'],
  ['gzip;q=1.0, br;q=0.5', 'gzip br identity'],
  ['GZIP;Q=0.5,Br;q=0.500', 'br gzip identity'],
  ['x-gzip', 'gzip identity'],
  ['br;q=0, gzip', 'gzip identity'],
  ['*', 'br zstd gzip identity'],
  ['*;q=0', ''],
  ['*;q=0, identity;q=0.1', 'identity'],
  ['br, *;q=0', 'br'],
  ['identity;q=0', ''],
  ['gzip, identity;q=0', 'gzip'],
  ['identity, gzip;q=0.5', 'identity gzip'],
  ['gzip;q=0.5, *;q=0.8', 'br zstd identity gzip'],
  ['gzip;q=0.0001, br', 'br identity'],
  ['gzip;q=2, br', 'br identity'],
  ['gzip;level=9, br', 'br identity'],
  ['gzip ; q=0.3 ,\tbr\t;\tq=0.2', 'gzip br identity'],
  ['deflate, compress', 'identity'],
  [', ,gzip,,', 'gzip identity'],
  ['gzip;q=', 'identity'],
];

for (const [value, expected] of ACCEPTED) {
  test(`Accept-Encoding: ${value} takes ${expected || 'nothing'} (RFC9110§12.5.3)`, () => {
    assert.equal(acceptedCodings(value).join(' '), expected);
    assert.equal(acceptedCodings(value).join(' '), expected, 'remembered');
  });
}

test('any value gives codings of ours, each once, and what is remembered is bounded', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (value) => {
      const codings = acceptedCodings(value);
      assert.equal(new Set(codings).size, codings.length);
      for (const coding of codings) assert.ok(['br', 'zstd', 'gzip', 'identity'].includes(coding));
    }),
    { numRuns: 2000 },
  );
});

test('what a client likes equally well comes in the order that is asked for', () => {
  const order = ['zstd', 'gzip', 'br', 'identity'] as const;
  assert.equal(acceptedCodings('br, gzip, zstd', order).join(' '), 'zstd gzip br identity');
  assert.equal(acceptedCodings('br, gzip, zstd').join(' '), 'br zstd gzip identity');
  assert.equal(acceptedCodings('br, gzip;q=0.5, zstd;q=0.1', order).join(' '), 'br gzip zstd identity');
});
