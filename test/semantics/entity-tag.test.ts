import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import {
  type EntityTag,
  formatEntityTag,
  matchesStrongly,
  matchesWeakly,
  parseEntityTag,
  parseEntityTagList,
} from '#semantics/entity-tag.ts';

const strong = (opaque: string): EntityTag => ({ weak: false, opaque });
const weak = (opaque: string): EntityTag => ({ weak: true, opaque });
const anyTag = fc.record(
  { weak: fc.boolean(), opaque: fc.stringMatching(/^[\x21\x23-\x7e\x80-\xff]{0,20}$/) },
  { noNullPrototype: true },
);

suite('entity tags', () => {
  test('a tag survives writing and reading', () => {
    fc.assert(fc.property(anyTag, (tag) => assert.deepEqual(parseEntityTag(formatEntityTag(tag)), tag)));
  });

  test('a list survives writing and reading, whatever its delimiters', () => {
    const delimiter = fc.constantFrom(',', ', ', ' ,\t', ',,', ', ,');
    fc.assert(
      fc.property(fc.array(anyTag, { minLength: 1, maxLength: 5 }), delimiter, (tags, between) => {
        const text = tags.map(formatEntityTag).join(between);
        assert.deepEqual(parseEntityTagList(text), tags);
      }),
    );
  });

  test('a comma or a backslash inside the quotes belongs to the tag', () => {
    assert.deepEqual(parseEntityTagList('"a,b", W/"c\\"'), [strong('a,b'), weak('c\\')]);
  });

  test('empty list elements are skipped (RFC9110§5.6.1.2)', () => {
    assert.deepEqual(parseEntityTagList(', "a",, "b" ,'), [strong('a'), strong('b')]);
  });

  test('the empty tag is a tag', () => assert.deepEqual(parseEntityTag('""'), strong('')));

  test('an asterisk stands alone', () => {
    assert.equal(parseEntityTagList('*'), '*');
    assert.equal(parseEntityTagList('*, "a"'), undefined);
    assert.equal(parseEntityTagList('"a", *'), undefined);
  });

  for (const text of [
    '',
    ',',
    ' , ',
    'a',
    '"a',
    'a"',
    'w/"a"',
    'W/ "a"',
    'W/a',
    '"a" "b"',
    '"a"b',
    '"a b"',
    '"a", b',
  ]) {
    test(`<${text}> is not a list of entity tags`, () => assert.equal(parseEntityTagList(text), undefined));
  }

  test('one tag is exactly one tag', () => {
    for (const text of ['"a", "b"', ' "a"', '"a" ', '*', 'W/"a"x'])
      assert.equal(parseEntityTag(text), undefined);
  });

  test('the two comparisons agree with the table of RFC9110§8.8.3.2', () => {
    const rows: [EntityTag, EntityTag, boolean, boolean][] = [
      [weak('1'), weak('1'), false, true],
      [weak('1'), weak('2'), false, false],
      [weak('1'), strong('1'), false, true],
      [strong('1'), weak('1'), false, true],
      [strong('1'), strong('1'), true, true],
    ];
    for (const [a, b, strongly, weakly] of rows) {
      assert.equal(matchesStrongly(a, b), strongly);
      assert.equal(matchesWeakly(a, b), weakly);
    }
  });
});
