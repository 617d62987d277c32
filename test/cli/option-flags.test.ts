import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OPTION_SECTIONS } from '#server/option-sections.ts';
import { type OptionName, SERVE_OPTIONS } from '#server/serve-options.ts';
import { objectLayer, settleConfig } from '#server/server-config.ts';
import { makeProgram, readArguments } from '../../src/cli/args.ts';
import { completionWords } from '../../src/cli/completion-words.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function flags(...args: readonly string[]) {
  const read = readArguments(args, '0');
  assert.ok(read !== undefined);
  return read.flags;
}

describe('a flag with --no-', () => {
  const on = objectLayer(
    { single: true, compress: true, cors: '*', admin: '7879', accessLog: '-' },
    'heddle.config.ts',
  );

  test('puts off what is on in a config file, and is named as the origin', () => {
    const off = flags('site', '--no-single', '--no-cors', '--no-admin', '--no-access-log', '--no-compress');
    const { settings, origins } = settleConfig([off, on]);
    for (const name of ['single', 'compress', 'cors', 'admin', 'accessLog'] as const) {
      assert.equal(settings[name], SERVE_OPTIONS[name].default, name);
      assert.match(origins[name], /^--no-[a-z-]+$/);
    }
    assert.equal(origins.accessLog, '--no-access-log');
  });

  test('leaves alone what it does not name, and the last of two counts', () => {
    const { settings, origins } = settleConfig([flags('site', '--no-single', '--single'), on]);
    assert.deepEqual([settings.single, settings.cors, origins.single], [true, '*', '--single']);
    assert.equal(settleConfig([flags('site', '--cors', '--no-cors'), on]).settings.cors, '');
  });

  test('is there for fetch and check too, and not for what has no off', () => {
    assert.equal(flags('fetch', 'app.ts', '/', '--no-compress').values.compress, false);
    assert.equal(flags('check', 'app.ts', '--no-single').values.single, false);
    for (const flag of ['--no-port', '--no-host', '--no-threads'])
      assert.throws(() => flags('site', flag), { code: 'ERR_HEDDLE_USAGE', message: /unknown option/ });
  });

  test('is told where a switch was given a value, and stands in no completion', () => {
    assert.throws(() => flags('site', '--single=false'), { message: /Write --single, or --no-single\./ });
    const words = completionWords().flatMap((command) => command.flags.flatMap(({ spellings }) => spellings));
    assert.ok(words.includes('--single') && words.includes('--no-config'));
    assert.ok(!words.includes('--no-single'));
  });
});

describe('a flag that may stand alone', () => {
  const folder = temporaryFolder({ 'app.ts': '', 'access.log': '', 'public/index.html': '' });

  for (const flag of ['--host', '--admin', '--cors', '--access-log'])
    test(`does not take what is to be served for its value: ${flag}`, () => {
      for (const target of [`${folder}/public`, `${folder}/app.ts`])
        assert.throws(() => flags(flag, target), {
          code: 'ERR_HEDDLE_USAGE',
          message: `${flag} has taken "${target}" for its value. What is served stands first: heddle ${target} ${flag}.`,
        });
    });

  test('has its value where that is no such thing, or something is named besides', () => {
    assert.equal(flags('--access-log', `${folder}/access.log`).values.accessLog, `${folder}/access.log`);
    assert.equal(flags('--host', 'localhost').values.hostname, 'localhost');
    assert.equal(flags(`${folder}/public`, '--host').values.hostname, '::');
    assert.equal(flags('--host', folder, `${folder}/public`).values.hostname, folder);
  });
});

test('--help has each option in its section, with its default as it may be given', () => {
  const help = makeProgram('0', () => undefined).helpInformation();
  const sections = new Map(
    help.split(/\n\n(?=[A-Z])/).map((text) => {
      const [title = '', ...lines] = text.split('\n');
      return [title, lines.join('\n')] as const;
    }),
  );
  for (const { title, names } of OPTION_SECTIONS)
    for (const name of names) assert.ok(sections.get(`${title}:`)?.includes(`  ${flagOf(name)}  `), name);
  assert.match(sections.get('Connections:') ?? '', /--keep-alive <duration>[^-]*\(default: 75s;/);
  assert.match(
    sections.get('How large a request may be:') ?? '',
    /--max-body <bytes>[^-]*\(default:\s+10MiB;/,
  );
  assert.doesNotMatch(help, /--no-single {2}/);
});

/** As the help writes it. */
function flagOf(name: OptionName): string {
  return SERVE_OPTIONS[name].flag;
}
