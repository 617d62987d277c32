import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { evaluatePreconditions, type PreconditionOutcome, type Validators } from '#semantics/conditional.ts';

const BEFORE = 'Sun, 06 Nov 1994 08:49:36 GMT';
const THEN = 'Sun, 06 Nov 1994 08:49:37 GMT';
const AFTER = 'Sun, 06 Nov 1994 08:49:38 GMT';
const LAST_MODIFIED = Date.UTC(1994, 10, 6, 8, 49, 37);

const SETTLED: Validators = {
  entityTag: { weak: false, opaque: 'now' },
  lastModifiedMs: LAST_MODIFIED,
  nowMs: LAST_MODIFIED + 1000,
};
const WEAK: Validators = { ...SETTLED, entityTag: { weak: true, opaque: 'now' } };
const FRESH: Validators = { ...SETTLED, nowMs: LAST_MODIFIED + 999 };
const UNKNOWN: Validators = { entityTag: undefined, lastModifiedMs: undefined, nowMs: LAST_MODIFIED };

type Fields = Readonly<Record<string, string>>;
type Case = [string, string, Fields, Validators | undefined, PreconditionOutcome];

const CASES: Case[] = [
  ['without preconditions the method is performed', 'GET', {}, SETTLED, 'whole'],

  [
    'If-Match holds for the current tag (RFC9110§13.1.1)',
    'PUT',
    { 'if-match': '"old", "now"' },
    SETTLED,
    'whole',
  ],
  ['If-Match fails for another tag', 'PUT', { 'if-match': '"old"' }, SETTLED, 'precondition-failed'],
  ['If-Match compares strongly', 'PUT', { 'if-match': 'W/"now"' }, SETTLED, 'precondition-failed'],
  [
    'If-Match never holds for a weak current tag',
    'PUT',
    { 'if-match': '"now"' },
    WEAK,
    'precondition-failed',
  ],
  ['If-Match: * holds where there is something', 'PUT', { 'if-match': '*' }, UNKNOWN, 'whole'],
  ['If-Match: * fails where there is nothing', 'PUT', { 'if-match': '*' }, undefined, 'precondition-failed'],
  ['a broken If-Match fails', 'PUT', { 'if-match': 'now' }, SETTLED, 'precondition-failed'],
  ['If-Match fails on GET too', 'GET', { 'if-match': '"old"' }, SETTLED, 'precondition-failed'],

  [
    'If-Unmodified-Since holds for the exact date (RFC9110§13.1.4)',
    'PUT',
    { 'if-unmodified-since': THEN },
    SETTLED,
    'whole',
  ],
  [
    'If-Unmodified-Since fails for an earlier date',
    'PUT',
    { 'if-unmodified-since': BEFORE },
    SETTLED,
    'precondition-failed',
  ],
  [
    'If-Unmodified-Since without a date is ignored',
    'PUT',
    { 'if-unmodified-since': 'yesterday' },
    SETTLED,
    'whole',
  ],
  [
    'If-Unmodified-Since without a known date is ignored',
    'PUT',
    { 'if-unmodified-since': BEFORE },
    UNKNOWN,
    'whole',
  ],
  [
    'If-Match makes If-Unmodified-Since be ignored (RFC9110§13.2.2 step 1)',
    ...(['PUT', { 'if-match': '"now"', 'if-unmodified-since': BEFORE }, SETTLED, 'whole'] as const),
  ],

  [
    'If-None-Match with the current tag is 304 on GET (RFC9110§13.1.2)',
    'GET',
    { 'if-none-match': '"x", "now"' },
    SETTLED,
    'not-modified',
  ],
  [
    'If-None-Match with the current tag is 304 on HEAD',
    'HEAD',
    { 'if-none-match': '"now"' },
    SETTLED,
    'not-modified',
  ],
  [
    'If-None-Match with the current tag is 412 on PUT',
    'PUT',
    { 'if-none-match': '"now"' },
    SETTLED,
    'precondition-failed',
  ],
  ['If-None-Match compares weakly', 'GET', { 'if-none-match': 'W/"now"' }, SETTLED, 'not-modified'],
  ['If-None-Match with another tag performs', 'GET', { 'if-none-match': '"old"' }, SETTLED, 'whole'],
  ['If-None-Match: * is 304 on GET of something', 'GET', { 'if-none-match': '*' }, UNKNOWN, 'not-modified'],
  ['If-None-Match: * lets PUT create', 'PUT', { 'if-none-match': '*' }, undefined, 'whole'],
  ['a broken If-None-Match matches nothing', 'GET', { 'if-none-match': 'now' }, SETTLED, 'whole'],

  [
    'If-Modified-Since with the exact date is 304 (RFC9110§13.1.3)',
    'GET',
    { 'if-modified-since': THEN },
    SETTLED,
    'not-modified',
  ],
  [
    'If-Modified-Since with a later date is 304',
    'HEAD',
    { 'if-modified-since': AFTER },
    SETTLED,
    'not-modified',
  ],
  [
    'If-Modified-Since with an earlier date performs',
    'GET',
    { 'if-modified-since': BEFORE },
    SETTLED,
    'whole',
  ],
  [
    'If-Modified-Since without a known date is ignored',
    'GET',
    { 'if-modified-since': AFTER },
    UNKNOWN,
    'whole',
  ],
  [
    'If-Modified-Since without a date is ignored',
    'GET',
    { 'if-modified-since': `${THEN}, ${THEN}` },
    SETTLED,
    'whole',
  ],
  ['If-Modified-Since is ignored on PUT', 'PUT', { 'if-modified-since': THEN }, SETTLED, 'whole'],
  [
    'If-None-Match makes If-Modified-Since be ignored (RFC9110§13.2.2 step 4)',
    ...(['GET', { 'if-none-match': '"old"', 'if-modified-since': THEN }, SETTLED, 'whole'] as const),
  ],
  [
    'a failed If-Match comes before a matching If-None-Match (RFC9110§13.2.2)',
    ...(['GET', { 'if-match': '"old"', 'if-none-match': '"now"' }, SETTLED, 'precondition-failed'] as const),
  ],
  [
    'a failed If-Unmodified-Since comes before a matching If-None-Match',
    ...([
      'GET',
      { 'if-unmodified-since': BEFORE, 'if-none-match': '"now"' },
      SETTLED,
      'precondition-failed',
    ] as const),
  ],
  [
    'a matching If-None-Match comes before Range',
    ...(['GET', { 'if-none-match': '"now"', range: 'bytes=0-1' }, SETTLED, 'not-modified'] as const),
  ],

  ['Range is honoured on GET', 'GET', { range: 'bytes=0-1' }, SETTLED, 'range'],
  ['Range is ignored on HEAD (RFC9110§14.2)', 'HEAD', { range: 'bytes=0-1' }, SETTLED, 'whole'],
  ['Range is ignored on PUT', 'PUT', { range: 'bytes=0-1' }, SETTLED, 'whole'],
  ['If-Range without Range is ignored (RFC9110§13.1.5)', 'GET', { 'if-range': '"now"' }, SETTLED, 'whole'],
];

const IF_RANGE_CASES: [string, string, Validators, PreconditionOutcome][] = [
  ['the current strong tag', '"now"', SETTLED, 'range'],
  ['another tag', '"old"', SETTLED, 'whole'],
  ['a weak tag', 'W/"now"', SETTLED, 'whole'],
  ['the opaque part of a weak current tag', '"now"', WEAK, 'whole'],
  ['the exact date', THEN, SETTLED, 'range'],
  ['a later date', AFTER, SETTLED, 'whole'],
  ['an earlier date', BEFORE, SETTLED, 'whole'],
  ['the exact date within its own second (RFC9110§8.8.2.2)', THEN, FRESH, 'whole'],
  ['a list of tags', '"now", "old"', SETTLED, 'whole'],
  ['a tag where there is none', '"now"', UNKNOWN, 'whole'],
];

function outcomeOf(method: string, fields: Fields, current: Validators | undefined): PreconditionOutcome {
  return evaluatePreconditions({ method, field: (name) => fields[name] }, current);
}

suite('preconditions', () => {
  for (const [title, method, fields, current, expected] of CASES) {
    test(title, () => assert.equal(outcomeOf(method, fields, current), expected));
  }

  for (const [what, value, current, expected] of IF_RANGE_CASES) {
    const verb = expected === 'range' ? 'lets Range be honoured' : 'asks for the whole';
    test(`If-Range with ${what} ${verb}`, () => {
      assert.equal(outcomeOf('GET', { range: 'bytes=0-1', 'if-range': value }, current), expected);
    });
  }
});
