import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { REJECTIONS } from '#http1/rejection.ts';
import { drive, type Told } from '../support/protocol-driver.ts';
import { parseVectors } from '../vectors/parse-vectors.ts';

const FOLDER = fileURLToPath(new URL('../vectors/', import.meta.url));

/** The bytes of all vectors: what random changes start from, so that they get far into the rules. */
const SEEDS: readonly Buffer[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.http'))
  .flatMap((name) => parseVectors(readFileSync(FOLDER + name, 'utf8'), name).map(({ bytes }) => bytes));

/** Pieces that mean something in some place. */
const WORDS = [
  ...[
    '\r\n',
    '\r',
    '\n',
    '\r\n\r\n',
    ' ',
    '\t',
    ':',
    ';',
    ',',
    '0',
    '5',
    'a',
    '"',
    '\\',
    '\0',
    '\x80',
    '?',
    '/',
  ],
  ...['GET / HTTP/1.1\r\n', 'Host: a\r\n', 'Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n'],
  ...['Connection: close\r\n', '5\r\nhello\r\n', '0\r\n\r\n', ' HTTP/1.0\r\n', 'Expect: 100-continue\r\n'],
].map((word) => Buffer.from(word, 'latin1'));

const word = fc.constantFrom(...WORDS);

/** A seed, or two one behind another, with a few places changed. */
const mutated = fc
  .tuple(
    fc.array(fc.constantFrom(...SEEDS), { minLength: 1, maxLength: 2 }).map((seeds) => Buffer.concat(seeds)),
    fc.array(fc.tuple(fc.nat(), fc.nat(6), word), { maxLength: 4 }),
  )
  .map(([bytes, changes]) =>
    changes.reduce((changed, [place, removed, inserted]) => {
      const at = place % (changed.length + 1);
      return Buffer.concat([changed.subarray(0, at), inserted, changed.subarray(at + removed)]);
    }, bytes),
  );

const words = fc.array(word, { maxLength: 40 }).map((parts) => Buffer.concat(parts));
const random = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes));
const anyBytes = fc.oneof({ weight: 6, arbitrary: mutated }, { weight: 3, arbitrary: words }, random);

/** Cuts bytes at places given as any whole numbers. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b);
  return [0, ...cuts].map((start, index) => bytes.subarray(start, cuts[index] ?? bytes.length));
}

suite('any bytes', () => {
  test('mean the same however they are cut', () => {
    fc.assert(
      fc.property(anyBytes, fc.array(fc.nat(), { maxLength: 8 }), fc.boolean(), (bytes, places, ends) => {
        const whole = drive([bytes], { ends });
        const pieces = drive(cut(bytes, places), { ends });
        assert.deepEqual(pieces, whole);
      }),
      { numRuns: 6000 },
    );
  });

  test('mean the same byte by byte', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        assert.deepEqual(drive(Array.from(bytes, (byte) => Buffer.of(byte))), drive([bytes]));
      }),
      { numRuns: 2000 },
    );
  });

  test('are told in an order that makes sense, and end with a refusal at most once', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const { told, isOpen } = drive([bytes], { ends: true });
        assert.equal(isOpen, false);
        for (const [index, item] of told.entries())
          assertFollows(told[index - 1], item, told.length - 1 - index);
      }),
      { numRuns: 3000 },
    );
  });

  test('that are taken are not refused for what follows them, and what is refused stays refused', () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, (bytes, more) => {
        const { told, isOpen, isIdle } = drive([bytes]);
        const after = drive([bytes, more]).told;
        if (isOpen && !isIdle) return;
        assert.deepEqual(after.slice(0, told.length), told);
        if (!isOpen) assert.equal(after.length, told.length);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Holds the order of what is told: content only inside a request with a body, nothing behind the last word. */
function assertFollows(before: Told | undefined, item: Told, left: number): void {
  switch (item.event) {
    case 'data':
      assert.ok(before?.event === 'request' && before.framing !== 'none');
      break;
    case 'end':
      assert.ok(before?.event === 'data' || (before?.event === 'request' && before.framing === 'chunked'));
      break;
    case 'reject':
      assert.ok(item.code in REJECTIONS);
      assert.equal(left, 0);
      break;
    case 'closed':
      assert.equal(left, 0);
      break;
    case 'request':
      assert.ok(before === undefined || before.event === 'end' || isWithoutBody(before));
  }
}

function isWithoutBody(told: Told): boolean {
  return told.event === 'request' && ['none', 'length=0'].includes(told.framing) && told.persistent;
}
