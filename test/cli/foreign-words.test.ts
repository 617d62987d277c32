import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readArguments } from '../../src/cli/args.ts';
import { stepForTarget } from '../../src/cli/foreign-words.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('what other servers take', () => {
  const cases: readonly [args: string, says: string][] = [
    ['--spa site', `unknown option '--spa'. Use --single. Run "heddle --help" for what there is.`],
    ['--listen 80', `unknown option '--listen'. Use --port, and --host for another address.`],
    ['--root site', 'Name the folder itself: heddle ./public.'],
    ['site --https', 'heddle speaks no TLS: put a proxy in front, such as Caddy.'],
    ['site --max-old-space-size=512', 'Use --thread-memory.'],
    ['serve site', 'heddle serves without a word for it: heddle site.'],
    ['dev app.ts', 'heddle serves without a word for it: heddle app.ts --watch.'],
    ['site 8080', 'A port is given by --port: heddle site --port 8080.'],
    ['-l 8080 site', 'A port is given by --port: heddle site --port 8080.'],
    ['site other', 'too many arguments. Expected 1 argument but got 2: site, other. Run "heddle --help"'],
    ['--por 80', `unknown option '--por'. Did you mean --port? Run "heddle --help" for what there is.`],
    ['init', `missing required argument 'kind'. Run "heddle init --help" for what there is.`],
    [
      'init k8',
      `is invalid for argument 'kind'. Allowed choices are docker, systemd, k8s. Run "heddle init --help"`,
    ],
  ];
  for (const [args, says] of cases)
    test(`is answered with what heddle takes: heddle ${args}`, () => {
      assert.throws(
        () => readArguments(args.split(' '), '0'),
        ({ code, message }: Error & { code: string }) => {
          assert.equal(code, 'ERR_HEDDLE_USAGE');
          assert.ok(message.includes(says), message);
          assert.doesNotMatch(message, /\n/);
          return true;
        },
      );
    });
});

describe('a target that is not there', () => {
  const folder = temporaryFolder({ 'app.ts': '', 'notes.txt': '' });
  const cases: readonly [name: string, step: string][] = [
    ['help', 'Use heddle --help.'],
    ['serve', 'heddle serves without a word for it: leave it out.'],
    ['reload', 'A server is told by a signal: kill -HUP, and the number of its process.'],
    ['site:8080', 'A port is given by --port: heddle site --port 8080.'],
    [':8080', 'A port is given by --port: heddle . --port 8080.'],
    [`${folder}/app.js`, `There is ${folder}/app.ts.`],
    [`${folder}/app`, `There is ${folder}/app.ts.`],
    [`${folder}/app/`, `There is ${folder}/app.ts.`],
    [`${folder}/notes`, 'Check the path.'],
    [`${folder}/nowhere/app.js`, 'Check the path.'],
    ['constructor', 'Check the path.'],
  ];
  for (const [name, step] of cases)
    test(`comes with what to do: ${name.replace(folder, '.')}`, () => {
      assert.equal(stepForTarget(name), step);
    });
  test('comes with what to do: a URL', () => {
    assert.match(stepForTarget('http://localhost:3000'), /^heddle serves folders and apps, /);
  });
});
