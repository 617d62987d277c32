import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { OPTION_NAMES, SERVE_OPTIONS } from '#server/serve-options.ts';
import { runHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What a shell offers for a line, whose last word is being typed. */
type Complete = (...words: readonly string[]) => string[];

const FILES = { 'app.ts': '', 'apples/one.ts': '', 'two words.ts': '', passwords: '' };

const folder = temporaryFolder(FILES);
const scripts = temporaryFolder();

/** Writes the script for a shell, and gives its path. */
async function script(shell: string): Promise<string> {
  const { code, stdout, stderr } = await runHeddle(['completions', shell]);
  assert.equal(code, 0, stderr);
  const path = `${scripts}/${shell}`;
  writeFileSync(path, stdout);
  return path;
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** What every shell is asked, and what it must offer, in any order. */
const ASKED: readonly (readonly [words: readonly string[], offered: readonly string[]])[] = [
  [['fet'], ['fetch']],
  [['--drain'], ['--drain-timeout']],
  [['--thread'], ['--thread-memory', '--threads']],
  [['--threads', ''], ['auto']],
  [['--port', ''], []],
  [['app.ts', '--listi'], ['--listing']],
  [
    ['init', ''],
    ['docker', 'k8s', 'systemd'],
  ],
  [['init', '--forc'], ['--force']],
  [['completions', 'b'], ['bash']],
  [['fetch', '--inc'], ['--include']],
  [['fetch', '--sock'], []],
  [
    ['check', '--thread'],
    ['--thread-memory', '--threads'],
  ],
  [['password', ''], []],
  [['password', '--li'], []],
];

describe('completions for bash', { skip: !existsSync('/usr/bin/bash') && 'there is no bash' }, () => {
  let complete: Complete;
  before(async () => {
    const path = await script('bash');
    // As readline calls it: words cut at = and :, the last one being typed.
    const driver = `
source "$0"
COMP_WORDS=(heddle "$@") COMP_CWORD=$#
_heddle
for word in "\${COMPREPLY[@]}"; do printf '%s\\n' "$word"; done`;
    complete = (...words) =>
      lines(
        execFileSync('bash', ['--norc', '-c', driver, path, ...words], { cwd: folder, encoding: 'utf8' }),
      ).sort();
  });

  for (const [words, offered] of ASKED) {
    test(`heddle ${words.join(' ')}`, () => assert.deepEqual(complete(...words), offered));
  }

  test('every flag of the table', () => {
    const flags = OPTION_NAMES.flatMap(
      (name) => SERVE_OPTIONS[name].flag.match(/(?<=^|, )--?[a-z-]+/gi) ?? [],
    );
    assert.ok(flags.length >= OPTION_NAMES.length);
    const offered = complete('-');
    assert.deepEqual(
      flags.filter((flag) => !offered.includes(flag)),
      [],
    );
  });

  test('paths, where the target stands or a flag takes one', () => {
    assert.deepEqual(complete('ap'), ['app.ts', 'apples']);
    assert.deepEqual(complete('two'), ['two words.ts']);
    assert.deepEqual(complete('--threads', '2', 'ap'), ['app.ts', 'apples']);
    assert.deepEqual(complete('--threads', '=', '2', 'ap'), ['app.ts', 'apples']);
    assert.deepEqual(complete('--auth', 'pass'), ['passwords']);
    assert.deepEqual(complete('--auth', '=', 'pass'), ['passwords']);
    assert.deepEqual(complete('init', 'docker', 'app.'), ['app.ts']);
    assert.deepEqual(complete('fetch', '-H', 'a', ':', 'b', 'ap'), ['app.ts', 'apples']);
    // A second target there is not.
    assert.deepEqual(complete('app.ts', 'ap'), []);
    assert.deepEqual(complete('fetch', 'app.ts', 'ap'), []);
  });
});

describe('completions for fish', {
  skip: !existsSync('/usr/bin/fish') && 'there is no /usr/bin/fish',
}, () => {
  let complete: Complete;
  before(async () => {
    const path = await script('fish');
    complete = (...words) => {
      const line = ['heddle', ...words].join(' ');
      const code = `source ${path}; complete --do-complete ${JSON.stringify(line)}`;
      const out = execFileSync('fish', ['--no-config', '-c', code], { cwd: folder, encoding: 'utf8' });
      // Behind a tab it says what each is.
      return lines(out.replace(/\t.*$/gm, '')).sort();
    };
  });

  for (const [words, offered] of ASKED) {
    test(`heddle ${words.join(' ')}`, () => assert.deepEqual(complete(...words), offered));
  }

  test('paths, where the target stands or a flag takes one', () => {
    assert.deepEqual(complete('ap'), ['app.ts', 'apples/']);
    assert.deepEqual(complete('--threads', '2', 'ap'), ['app.ts', 'apples/']);
    assert.deepEqual(complete('--auth', 'pass'), ['passwords']);
    assert.deepEqual(complete('init', 'docker', 'app.'), ['app.ts']);
    assert.deepEqual(complete('app.ts', 'ap'), []);
  });
});

describe('completions for zsh', { skip: !existsSync('/usr/bin/zsh') && 'there is no /usr/bin/zsh' }, () => {
  /** What the shell reads at its start; Ctrl-X writes the line as it has become into a file. */
  const RC = `
PS1='ready> '
autoload -U compinit; compinit -u -D
source "$SCRIPT"
dump() { print -r -- $BUFFER >> "$OUT"; zle kill-whole-line }
zle -N dump
bindkey '^I' complete-word '^X' dump
`;
  /** A shell at a terminal of its own: each line gets a tab. What the terminal shows is read, so that it goes on. */
  const DRIVER = `
zmodload zsh/zpty
zpty shell 'zsh -d -i'
zpty -r shell seen '*ready> *'
for line in "$@"; do
  zpty -w -n shell "$line"$'\\t\\x18'
  while [[ ! -s $OUT ]]; do zpty -r -t shell seen || sleep 0.01; done
  cat $OUT
  rm $OUT
done
`;

  test('unique words, flags and paths', async () => {
    const asked = [
      ['heddle fet', 'heddle fetch '],
      ['heddle --drain', 'heddle --drain-timeout='],
      ['heddle --threads a', 'heddle --threads auto '],
      ['heddle app.ts --listi', 'heddle app.ts --listing '],
      ['heddle app', 'heddle app'],
      ['heddle app.', 'heddle app.ts '],
      ['heddle two', 'heddle two\\ words.ts '],
      ['heddle --auth=pass', 'heddle --auth=passwords '],
      ['heddle init s', 'heddle init systemd '],
      ['heddle init docker app.', 'heddle init docker app.ts '],
      ['heddle completions b', 'heddle completions bash '],
      ['heddle fetch --inc', 'heddle fetch --include '],
      ['heddle password --li', 'heddle password --li'],
    ] as const;
    writeFileSync(`${scripts}/.zshrc`, RC);
    const env = { ZDOTDIR: scripts, SCRIPT: await script('zsh'), OUT: `${scripts}/line`, TERM: 'dumb' };
    const becomes = execFileSync('zsh', ['-f', '-c', DRIVER, 'zsh', ...asked.map(([line]) => line)], {
      cwd: folder,
      env: { ...process.env, ...env },
      encoding: 'utf8',
      timeout: 20_000,
    });
    assert.deepEqual(
      lines(becomes),
      asked.map(([, line]) => line),
    );
  });
});
