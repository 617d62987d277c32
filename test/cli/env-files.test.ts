import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { type EnvFileOptions, EnvFiles, envFileNames } from '#cli/env-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

type Files = Readonly<Record<string, string | Uint8Array>>;

function load(
  files: Files,
  environment: NodeJS.ProcessEnv = {},
  options: EnvFileOptions = { mode: 'production' },
) {
  const folder = temporaryFolder(files);
  const loaded = new EnvFiles(folder, options, environment);
  loaded.load();
  return { folder, environment, loaded };
}

const ALL = {
  '.env': 'A=1\nB=1\nC=1\nD=1\n',
  '.env.local': 'B=2\nC=2\nD=2\n',
  '.env.production': 'C=3\nD=3\n',
  '.env.production.local': 'D=4\n',
  '.env.test': 'T=1\n',
};

describe('environment files', () => {
  test('are read one over the other, and the environment over all of them', () => {
    const { environment, loaded } = load(ALL, { A: 'own', EMPTY: '' });
    assert.deepEqual(environment, { A: 'own', B: '2', C: '3', D: '4', EMPTY: '', NODE_ENV: 'production' });
    assert.deepEqual(loaded.read, ['.env', '.env.local', '.env.production', '.env.production.local']);
  });

  test('of one machine are not read in tests', () => {
    const { environment } = load(ALL, { NODE_ENV: 'test' });
    assert.deepEqual(environment, { NODE_ENV: 'test', A: '1', B: '1', C: '1', D: '1', T: '1' });
  });

  test('need not be there, and set NODE_ENV all the same', () => {
    assert.deepEqual(load({}).environment, { NODE_ENV: 'production' });
    const watching = load({ '.env.development': 'A=dev' }, {}, { mode: 'development' });
    assert.deepEqual(watching.environment, { NODE_ENV: 'development', A: 'dev' });
  });

  test('take an empty NODE_ENV for none', () => {
    assert.deepEqual(load({ '.env.production': 'A=1' }, { NODE_ENV: '' }).environment, {
      NODE_ENV: 'production',
      A: '1',
    });
  });

  test('can set NODE_ENV in .env, which chooses the others, and nowhere else', () => {
    const { environment } = load({
      '.env': 'NODE_ENV=staging',
      '.env.local': 'NODE_ENV=other',
      '.env.staging': 'A=staging\nNODE_ENV=another',
      '.env.other': 'A=other',
    });
    assert.deepEqual(environment, { NODE_ENV: 'staging', A: 'staging' });
    assert.equal(load({ '.env': 'NODE_ENV=staging' }, { NODE_ENV: 'test' }).environment.NODE_ENV, 'test');
  });

  test('are never looked for outside of the folder', () => {
    assert.deepEqual(envFileNames('../x'), ['.env', '.env.local']);
    assert.deepEqual(envFileNames('a\0b'), ['.env', '.env.local']);
  });

  test('are read as Node reads them: quotes, export, several lines, comments, a byte order mark', () => {
    const text = `\ufeffA="a # b"\nexport B='it is'\nC="one\ntwo"\nD=d # no\n#E=1\nF=\n  G = g \r\nH="a\\nb"\n`;
    const { environment } = load({ '.env': text });
    assert.deepEqual(environment, {
      ...{ A: 'a # b', B: 'it is', C: 'one\ntwo', D: 'd', F: '', G: 'g', H: 'a\nb' },
      NODE_ENV: 'production',
    });
  });

  test('are those that are named, and no others, where some are', () => {
    const options = { mode: 'production', files: ['.env.test', 'own.env'] } as const;
    const { environment } = load({ ...ALL, 'own.env': 'T=2\nNODE_ENV=own' }, {}, options);
    assert.deepEqual(environment, { T: '2', NODE_ENV: 'own' });
    assert.deepEqual(load(ALL, {}, { mode: 'production', files: [] }).environment, {
      NODE_ENV: 'production',
    });
    assert.throws(() => load({}, {}, options), {
      code: 'ERR_HEDDLE_ENV_FILE',
      message: /^The environment file \.env\.test cannot be read: it is not there\./,
    });
  });
});

describe('environment files that are read again', () => {
  test('change what they gave, take away what they no longer give, and leave the rest', () => {
    const { folder, environment, loaded } = load({ '.env': 'A=1\nB=1\nOWN=file' }, { OWN: 'own' });
    environment.LATER = 'of the app';
    writeFileSync(`${folder}/.env`, 'A=2\nC=2\nOWN=again\nLATER=file\nNODE_ENV=test');
    loaded.load();
    assert.deepEqual(environment, { A: '2', C: '2', OWN: 'own', LATER: 'of the app', NODE_ENV: 'test' });
    rmSync(`${folder}/.env`);
    loaded.load();
    assert.deepEqual(environment, { OWN: 'own', LATER: 'of the app', NODE_ENV: 'production' });
  });

  test('change nothing where one of them is bad', () => {
    const { folder, environment, loaded } = load({ '.env': 'A=1' });
    writeFileSync(`${folder}/.env`, 'A=2');
    writeFileSync(`${folder}/.env.local`, '==');
    assert.throws(() => loaded.load(), { code: 'ERR_HEDDLE_ENV_FILE' });
    assert.deepEqual(environment, { A: '1', NODE_ENV: 'production' });
  });

  test('follow what Node has read by itself, from a file that was named', () => {
    const options = { mode: 'production', files: ['.env'] } as const;
    const { folder, environment, loaded } = load({ '.env': 'A=1\nB=1' }, { A: '1', B: 'own' }, options);
    writeFileSync(`${folder}/.env`, 'A=2\nB=2');
    loaded.load();
    assert.deepEqual(environment, { A: '2', B: 'own', NODE_ENV: 'production' });
  });
});

describe('an environment file that is none', () => {
  const cases: readonly (readonly [what: string, files: Files, says: RegExp])[] = [
    [
      'a folder',
      { '.env/x': '' },
      /^The environment file \.env cannot be read: it is a folder\..*--no-env-file\.$/,
    ],
    ['of another encoding', { '.env': Buffer.from('A=1', 'utf16le') }, /it holds a NUL/],
    ['of another encoding, with its mark', { '.env': Buffer.from([0xff, 0xfe, 65, 0]) }, /it is not UTF-8/],
    ['a large file', { '.env': Buffer.alloc(1_048_577, 65) }, /larger than 1 MiB/],
    ['a quote without its end', { '.env': 'A=1\n\nB="open\nC=1' }, /^\.env:3: the value of B begins with "/],
    ['a name with a blank', { '.env.local': '#\nA B=1' }, /^\.env\.local:2: "A B" is no name of a variable/],
    [
      'a line without a =, which may be a secret',
      { '.env': '# A\nexport A\nB="x\n\ny" # z\r\nC=`1\n2`\n\n  D secret\nE=1' },
      /^\.env:9: the line is no variable, for want of a =\. Write NAME=value, or # before a comment\.$/,
    ],
    ['the mark of a conflict', { '.env': 'A=1\n=======\nA=2' }, /^\.env:2: "" is no name of a variable/],
  ];
  for (const [what, files, says] of cases) {
    test(`is named, with the line where there is one: ${what}`, () => {
      assert.throws(() => load(files), { code: 'ERR_HEDDLE_ENV_FILE', message: says });
    });
  }

  test('may have values that look like quotes', () => {
    const { environment } = load({ '.env': `A='"a"'\nB=a"b"\nC=""` });
    assert.deepEqual(environment, { A: '"a"', B: 'a"b"', C: '', NODE_ENV: 'production' });
  });
});
