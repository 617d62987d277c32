import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { preferredType } from '#semantics/accept.ts';

const OFFERED = ['text/plain', 'application/json', 'text/html'] as const;
type Offered = (typeof OFFERED)[number];

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

const CASES: readonly (readonly [what: string, accept: string | undefined, type: Offered | undefined])[] = [
  ['without the field, what stands first', undefined, 'text/plain'],
  ['anything is as welcome', '*/*', 'text/plain'],
  ['a browser', BROWSER, 'text/html'],
  ['axios', 'application/json, text/plain, */*', 'application/json'],
  ['one type alone', 'application/json', 'application/json'],
  ['letters in any case, and blanks', ' Application/JSON ; Q=0.5 ', 'application/json'],
  ['the greater weight', 'text/html;q=0.8, application/json;q=0.9', 'application/json'],
  ['the first of the same weight', 'text/html;q=0.5, application/json;q=0.5', 'text/html'],
  ['what is named before what is meant', '*/*, application/json', 'application/json'],
  ['a range of types', 'application/*', 'application/json'],
  ['a range with a weight', 'text/*;q=0.3, */*;q=0.1', 'text/plain'],
  ['the most exact range, whatever its weight', 'text/plain;q=0, text/*', 'text/html'],
  ['none of them', 'image/png', undefined],
  ['an empty list', '', undefined],
  ['what is not wanted', '*/*;q=0', undefined],
  ['parameters', 'application/json;version=1;q=0.9, text/html;q=0.8', 'application/json'],
  ['a weight that is none', 'text/html;q=high, application/json;q=0.1', 'application/json'],
  ['a weight beyond 1', 'text/html;q=2, application/json', 'application/json'],
  ['nonsense', ';;q=1,/,*,text/,/*', undefined],
];

describe('RFC9110§12.5.1 the type that a client would rather have', () => {
  for (const [what, accept, type] of CASES) {
    test(`${what}: ${JSON.stringify(accept)}`, () => assert.equal(preferredType(accept, OFFERED), type));
  }
});

test('a parameter named q is the weight, wherever it stands (RFC9110§12.5.1)', () => {
  assert.equal(preferredType('application/json;q=0.1;a=b, text/html;a=b;q=0.2', OFFERED), 'text/html');
});
