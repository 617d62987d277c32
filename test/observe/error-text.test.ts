import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { describeError } from '#observe/error-text.ts';

suite('the text of an error', () => {
  test('has its code, its cause, and the errors that an AggregateError is made of, each with its stack', () => {
    const errors = [new TypeError('one'), new Error('two', { cause: 'a text' })];
    const cause = Object.assign(new AggregateError(errors, 'all of them'), { code: 'E_ALL' });
    const text = describeError(new Error('top', { cause }));
    for (const part of [
      /^ {4}Error: top\n/,
      /\[cause\]: AggregateError: all of them\n/,
      /TypeError: one\n +at /,
    ])
      assert.match(text, part);
    assert.match(text, /Error: two\n +at /);
    assert.match(text, /\[cause\]: 'a text'/);
    assert.match(text, /code: 'E_ALL'/);
  });

  test('has every cause, however many there are', () => {
    let error = new Error('cause 0.');
    for (let n = 1; n < 20; n += 1) error = new Error(`cause ${n}.`, { cause: error });
    const text = describeError(error);
    for (let n = 0; n < 20; n += 1) assert.ok(text.includes(`Error: cause ${n}.`), `${n}\n${text}`);
  });

  test('comes to an end where causes do not', () => {
    const circle = new Error('a circle');
    circle.cause = new Error('b', { cause: new Error('c', { cause: circle }) });
    assert.equal(describeError(circle).split('Error: b').length, 2);
    class Endless extends Error {
      override get cause(): unknown {
        return new Endless('again');
      }
    }
    assert.ok(describeError(new Endless('first')).length < 100_000);
    class Throws extends Error {
      override get cause(): unknown {
        throw new Error('from the getter');
      }
    }
    assert.match(describeError(new Throws('x')), /Throws \[Error\]: x/);
  });

  test('begins no line that could be an entry, and has no control characters', () => {
    const forged = '2026-01-01T00:00:00.000Z error main forged';
    const text = describeError(new Error(`a\r${forged}\n${forged}\u2028${forged}\x1b[2J\x00\x9b`));
    for (const line of text.split('\n')) assert.match(line, /^ {4}/);
    assert.doesNotMatch(text, /[^\x20-\x7e\n]/);
    assert.ok(text.includes('\\x1B[2J\\x00\\x9B'), text);
  });

  test('is bounded, whatever a client has sent to be quoted', () => {
    const text = describeError(new Error('z'.repeat(5_000_000)));
    assert.ok(text.length < 70_000);
    assert.match(text, /\.\.\. \(\d+ more characters\)$/);
  });
});
