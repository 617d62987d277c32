import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const root = temporaryFolder({ 'index.html': 'home', 'a.pdf': 'paper' });

test('flags say what the folder says, each of them again and again', async () => {
  const flags = [
    '--cache',
    '1h',
    '--cache',
    '*.html: no-store',
    '--headers',
    'X-One: 1',
    '--headers',
    '*.pdf\nX-Two: 2',
  ];
  await using heddle = await spawnHeddle([root, '-t', '1', '--security-headers', '-C', ...flags]);
  const page = await fetch(heddle.url);
  const paper = await fetch(new URL('a.pdf', heddle.url));
  const values = (answer: Response) =>
    ['cache-control', 'x-one', 'x-two', 'x-content-type-options', 'access-control-allow-origin'].map((name) =>
      answer.headers.get(name),
    );
  assert.deepEqual(values(page), ['no-store', '1', null, 'nosniff', '*']);
  assert.deepEqual(values(paper), ['public, max-age=3600', '1', '2', 'nosniff', '*']);
});

test('a rule that cannot be read is told before anything is served', async () => {
  await assert.rejects(
    spawnHeddle([root, '--cache', '1 hour']),
    /--cache: \[?"1 hour"\]? is not a list of rules/,
  );
});
