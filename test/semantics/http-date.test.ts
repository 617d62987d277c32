import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { formatHttpDate, parseHttpDate } from '#semantics/http-date.ts';

const NOW = Date.UTC(2026, 6, 1);
const MOMENT = Date.UTC(1994, 10, 6, 8, 49, 37);
const DAY_MS = 86_400_000;

suite('HTTP dates', () => {
  test('the three forms of RFC9110§5.6.7 name the same moment', () => {
    for (const text of [
      'Sun, 06 Nov 1994 08:49:37 GMT',
      'Sunday, 06-Nov-94 08:49:37 GMT',
      'Sun Nov  6 08:49:37 1994',
    ]) {
      assert.equal(parseHttpDate(text, NOW), MOMENT, text);
    }
  });

  test('a date is written as IMF-fixdate', () => {
    assert.equal(formatHttpDate(MOMENT + 999), 'Sun, 06 Nov 1994 08:49:37 GMT');
    assert.equal(formatHttpDate(0), 'Thu, 01 Jan 1970 00:00:00 GMT');
  });

  test('every whole second of the years 0 to 9999 survives writing and reading', () => {
    const seconds = fc.integer({ min: -62_167_219_200, max: 253_402_300_799 });
    fc.assert(
      fc.property(seconds, (second) => {
        assert.equal(parseHttpDate(formatHttpDate(second * 1000), NOW), second * 1000);
      }),
    );
  });

  test('a year that has no four digits cannot be written', () => {
    for (const ms of [Date.UTC(10_000, 0), Date.UTC(-1, 11, 31), Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => formatHttpDate(ms), RangeError);
    }
  });

  test('whatever is read from arbitrary text is a whole second', () => {
    const near = fc.stringMatching(/^(Sun|Mon|Sunday), (06 Nov |06-Nov-)\d{2,4} \d\d:\d\d:\d\d (GMT|UTC)$/);
    fc.assert(
      fc.property(fc.oneof(fc.string(), near), (text) => {
        const ms = parseHttpDate(text, NOW);
        assert.ok(ms === undefined || Number.isInteger(ms / 1000));
      }),
    );
  });

  test('a two-digit year more than 50 years ahead lies in the past (RFC9110§5.6.7)', () => {
    const longForm = (ms: number) => {
      const [, day, month, year, time] = formatHttpDate(ms).split(' ');
      const dayName = new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'UTC' }).format(ms);
      return `${dayName}, ${day}-${month}-${year?.slice(2)} ${time} GMT`;
    };
    const in49Years = Date.UTC(2075, 6, 1);
    const in50Years = Date.UTC(2076, 6, 1);
    assert.equal(parseHttpDate(longForm(in49Years), NOW), in49Years);
    assert.equal(parseHttpDate(longForm(in50Years), NOW), in50Years);
    // One day more and the same digits mean 1976, whose 2 July was a Friday and not a Thursday.
    assert.equal(parseHttpDate(longForm(in50Years + DAY_MS), NOW), undefined);
    assert.equal(parseHttpDate(longForm(Date.UTC(1976, 6, 2)), NOW), Date.UTC(1976, 6, 2));
    assert.equal(parseHttpDate('Friday, 31-Dec-99 23:59:59 GMT', NOW), Date.UTC(1999, 11, 31, 23, 59, 59));
  });

  test('a leap second is the second after 23:59:59', () => {
    assert.equal(parseHttpDate('Sat, 31 Dec 2016 23:59:60 GMT', NOW), Date.UTC(2017, 0, 1));
    assert.equal(parseHttpDate('Sat, 31 Dec 2016 22:59:60 GMT', NOW), undefined);
  });

  const refused = [
    '',
    '0',
    '1994-11-06T08:49:37Z',
    'sun, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 gmt',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 08:49:37 +0000',
    'Sun, 06 Nov 1994 08:49:37',
    ' Sun, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT ',
    'Sun,  06 Nov 1994 08:49:37 GMT',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 94 08:49:37 GMT',
    'Mon, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 06 Nov 1994 08:60:00 GMT',
    'Sun, 06 Nov 1994 08:49:61 GMT',
    'Wed, 30 Feb 1994 08:49:37 GMT',
    'Wed, 29 Feb 2023 08:49:37 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nox 1994 08:49:37 GMT',
    'Sun, 06-Nov-94 08:49:37 GMT',
    'Sundayx, 06-Nov-94 08:49:37 GMT',
    'Sunday, 06-Nov-1994 08:49:37 GMT',
    'Sun Nov 6 08:49:37 1994',
    'Sun Nov 06 08:49:37 94',
    'Sun Nov  6 08:49:37 1994 GMT',
  ];
  for (const text of refused) {
    test(`"${text}" is not an HTTP-date`, () => assert.equal(parseHttpDate(text, NOW), undefined));
  }
});
