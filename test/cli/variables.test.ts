import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readArguments } from '../../src/cli/args.ts';
import { lateVariables, misspeltVariables } from '../../src/cli/variables.ts';

function read(environment: Record<string, string>, ...args: readonly string[]) {
  const found = readArguments(args.length > 0 ? args : ['app.ts'], '0', environment);
  assert.ok(found !== undefined);
  return found;
}

describe('flags of the command may be set in the environment', () => {
  test('switches: on by 1 and true, off by 0, false and nothing', () => {
    const switches = (environment: Record<string, string>) => {
      const args = read(environment);
      assert.ok(args.command === 'serve');
      return [args.quiet, args.watch, args.open, args.launcher, args.printConfig];
    };
    assert.deepEqual(switches({}), [false, false, false, false, false]);
    assert.deepEqual(switches({ HEDDLE_QUIET: '1', HEDDLE_LAUNCHER: 'true' }), [
      true,
      false,
      false,
      true,
      false,
    ]);
    assert.deepEqual(switches({ HEDDLE_WATCH: '1', HEDDLE_OPEN: '1' }), [false, true, true, false, false]);
    assert.deepEqual(switches({ HEDDLE_PRINT_CONFIG: '1' }), [false, false, false, false, true]);
    const off = { HEDDLE_QUIET: '0', HEDDLE_WATCH: '', HEDDLE_OPEN: 'false' };
    assert.deepEqual(switches(off), [false, false, false, false, false]);
  });

  test('the files that options come from, of each command that reads them; flags go first', () => {
    for (const args of [['app.ts'], ['fetch', 'app.ts'], ['check', 'app.ts']]) {
      const files = (environment: Record<string, string>, ...flags: readonly string[]) => {
        const { config, envFiles } = read(environment, ...args, ...flags);
        return [config, envFiles];
      };
      assert.deepEqual(files({}), [undefined, undefined]);
      assert.deepEqual(files({ HEDDLE_NO_CONFIG: '1', HEDDLE_NO_ENV_FILE: '1' }), [false, []]);
      assert.deepEqual(files({ HEDDLE_ENV_FILE: 'prod.env' }), [undefined, ['prod.env']]);
      assert.deepEqual(
        files({ HEDDLE_NO_CONFIG: '1', HEDDLE_NO_ENV_FILE: '1' }, '-c', 'a.ts', '--env-file', 'a.env'),
        ['a.ts', ['a.env']],
      );
      assert.deepEqual(files({ HEDDLE_ENV_FILE: 'prod.env' }, '--no-env-file'), [undefined, []]);
    }
  });

  for (const name of ['HEDDLE_QUIET', 'HEDDLE_PRINT_CONFIG', 'HEDDLE_NO_CONFIG', 'HEDDLE_DEBUG'])
    test(`${name}=yes is refused, with what may stand there`, () => {
      assert.throws(() => read({ [name]: 'yes' }), {
        code: 'ERR_HEDDLE_OPTION',
        message: `$${name}: "yes" is not true or false. Write ${name}=1, or leave it out.`,
      });
    });
});

describe('a variable that nobody reads', () => {
  const cases: readonly [variables: Record<string, string>, said: readonly string[]][] = [
    [{ HEDDLE_THREAD: '4' }, ['$HEDDLE_THREAD is not read: is $HEDDLE_THREADS meant?']],
    [{ HEDDLE_MAX_BODYS: '4' }, ['$HEDDLE_MAX_BODYS is not read: is $HEDDLE_MAX_BODY meant?']],
    [{ HEDDLE_QUITE: '1' }, ['$HEDDLE_QUITE is not read: is $HEDDLE_QUIET meant?']],
    [{ HEDDLE_WATCHS: '1' }, ['$HEDDLE_WATCHS is not read: is $HEDDLE_WATCH meant?']],
    [
      { HEDDLE_PORT: '80', HEDDLE_HOST: '::' },
      ['$HEDDLE_PORT is not read: it is $PORT here', '$HEDDLE_HOST is not read: it is $HOST here'],
    ],
    // Of Kubernetes, for Services.
    [
      {
        HEDDLE_PORT: 'tcp://10.0.0.1:80',
        HEDDLE_PORT_80_TCP: 'tcp://10.0.0.1:80',
        HEDDLE_SERVICE_HOST: '10.0.0.1',
      },
      [],
    ],
    [{ HEDDLE_THREADS: '4', HEDDLE_CONFIG: 'a.ts', HEDDLE_NO_ENV_FILE: '1', PORT: '80', THREADS: '4' }, []],
    [{ HEDDLE_LAUNCHED: 'by the launcher' }, []],
  ];
  for (const [variables, said] of cases)
    test(`is named where it is nearly one of ours: ${Object.keys(variables)}`, () => {
      assert.deepEqual(misspeltVariables(variables), said);
    });
});

test('a variable that counts in the environment alone is named where it stands in a file', () => {
  const lines = lateVariables(
    { HEDDLE_OPEN: '1' },
    { HEDDLE_OPEN: '1', HEDDLE_QUIET: '1', HEDDLE_THREADS: '2' },
  );
  assert.deepEqual(lines, ['$HEDDLE_QUIET is not read from a file: set it in the environment']);
});
