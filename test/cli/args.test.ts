import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readArguments } from '#cli/args.ts';

const read = (...args: readonly string[]) => readArguments(args, '1.2.3');

describe('the command line', () => {
  test('without a command serves its target, whatever it is called', () => {
    for (const target of ['app.ts', './fetch', './check', 'help', 'serve'])
      assert.partialDeepStrictEqual(read(target, '--threads', '2'), {
        ...{ command: 'serve', target },
        flags: { values: { threads: '2' } },
      });
  });

  test('knows fetch by its name, with options before and behind what it asks for', () => {
    const expected = {
      ...{
        command: 'fetch',
        target: 'app.ts',
        path: '/x',
        include: true,
        headers: ['a: b', 'c: d'],
        data: ['@-'],
      },
      flags: { values: { maxBodyBytes: '9' } },
    };
    const options = ['-i', '-H', 'a: b', '-H', 'c: d', '-d', '@-', '--max-body', '9'];
    assert.partialDeepStrictEqual(read('fetch', ...options, 'app.ts', '/x'), expected);
    assert.partialDeepStrictEqual(read('fetch', 'app.ts', '/x', ...options), expected);
  });

  test('knows check, with the options of the server', () => {
    assert.partialDeepStrictEqual(read('check', 'app.ts', '-t', '8'), {
      ...{ command: 'check', target: 'app.ts' },
      flags: { values: { threads: '8' } },
    });
  });

  const refused: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [['fetch'], /missing required argument 'target'/],
    [['fetch', 'app.ts', '/', 'more'], /too many arguments for 'fetch'/],
    [['fetch', 'app.ts', '--port', '80'], /unknown option '--port'/],
    [['--threads', '2', 'fetch', 'app.ts'], /--threads stands before "fetch"/],
    [['app.ts', 'more'], /too many arguments/],
    [['app.ts', '-i'], /unknown option '-i'/],
  ];
  for (const [args, says] of refused) {
    test(`refuses heddle ${args.join(' ')}`, () => {
      assert.throws(() => read(...args), { code: 'ERR_HEDDLE_USAGE', message: says });
    });
  }
});
