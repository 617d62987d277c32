import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { REJECTIONS } from '#http1/rejection.ts';
import { type DriverOptions, drive, feedings, type Told } from '../support/protocol-driver.ts';
import { encodeEscapes, parseVectors, toldLines, type VectorCase } from '../vectors/parse-vectors.ts';

const FOLDER = fileURLToPath(new URL('../vectors/', import.meta.url));

/** Fits into the limits of every case. */
const NEIGHBOUR = Buffer.from('GET / HTTP/1.1\r\nHost:\r\n\r\n');
const NEIGHBOUR_LINES = ['request GET / HTTP/1.1'];

/** Codes that whoever watches the clock gives to the engine. */
const GIVEN_FROM_OUTSIDE = ['head-timeout', 'body-timeout'];

const files = globSync('*.http', { cwd: FOLDER })
  .sort()
  .map((name) => ({ name, cases: parseVectors(readFileSync(FOLDER + name, 'utf8'), name) }));

/** Feeds bytes in all ways and holds what is told against the lines. */
function holds(vector: VectorCase, where: string, bytes: Uint8Array, expected: readonly string[]): void {
  const { limits, ends } = vector;
  const hold = (name: string, parts: Iterable<Uint8Array>, options: DriverOptions) => {
    const { told } = drive(parts, options);
    let actual = linesLike(vector, told).map(encodeEscapes);
    let wanted = expected.map(encodeEscapes);
    if (options.endsAtOnce) [actual, wanted] = [withoutClosed(actual), withoutClosed(wanted)];
    // A comparison of texts first: building the message for each feeding would take most of the time.
    if (actual.join('\n') === wanted.join('\n')) return;
    assert.deepEqual(actual, wanted, `${where}: "${vector.title}", fed ${name}`);
  };
  for (const { name, parts } of feedings(bytes)) hold(name, parts, { limits, ends });
  if (ends) hold('whole, FIN read with the bytes', [bytes], { limits, endsAtOnce: true });
}

/** Where the end is known before the last answer, that answer closes the connection: nobody asks for more. */
function withoutClosed(lines: string[]): string[] {
  return lines.at(-1) === 'closed' ? lines.slice(0, -1) : lines;
}

function linesLike(vector: VectorCase, told: readonly Told[]): string[] {
  return toldLines(told, showsFields(vector));
}

function showsFields(vector: VectorCase): boolean {
  return vector.expected.some((line) => line.startsWith('field '));
}

/** What is told of {@link NEIGHBOUR}. */
function neighbourLines(vector: VectorCase): string[] {
  return showsFields(vector) ? [...NEIGHBOUR_LINES, 'field Host='] : NEIGHBOUR_LINES;
}

for (const { name, cases } of files) {
  suite(basename(name, '.http'), () => {
    for (const vector of cases) {
      const where = `test/vectors/${name}:${vector.line}`;
      const { bytes, expected, ends, limits } = vector;
      test(vector.title, () => {
        holds(vector, where, bytes, expected);
        const before = neighbourLines(vector);
        holds(vector, `${where}, behind another request`, Buffer.concat([NEIGHBOUR, bytes]), [
          ...before,
          ...expected,
        ]);
        const { isOpen, isIdle } = drive([bytes], { limits });
        // Inside a message the next bytes belong to it, and behind FIN there are none.
        if (ends || (isOpen && !isIdle)) return;
        const behind = isIdle ? neighbourLines(vector) : [];
        holds(vector, `${where}, with bytes behind it`, Buffer.concat([bytes, NEIGHBOUR]), [
          ...expected,
          ...behind,
        ]);
      });
    }
  });
}

suite('the vectors together', () => {
  const cases = files.flatMap((file) => file.cases);

  test('each reason to refuse bytes is produced by one of them', () => {
    const produced = new Set(cases.flatMap(({ expected }) => expected));
    const missing = Object.keys(REJECTIONS).filter((code) => !produced.has(`reject ${code}`));
    assert.deepEqual(missing, GIVEN_FROM_OUTSIDE);
  });

  test('each has a title of its own', () => {
    const titles = cases.map(({ title }) => title);
    assert.deepEqual(
      titles.filter((title, index) => titles.indexOf(title) !== index),
      [],
    );
  });
});
