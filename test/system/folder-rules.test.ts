import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

test('serve.json is read at the start and at a reload', async () => {
  const site = temporaryFolder({
    'serve.json':
      '{ "redirects": [{ "source": "/old", "destination": "/new", "type": 302 }], "trailingSlash": true }',
    'about.html': 'about',
  });
  await using heddle = await spawnHeddle([site, '-t', '2', '--idle-grace', '0']);
  const ask = async (path: string) => {
    const { status, headers } = await fetch(new URL(path, heddle.url), { redirect: 'manual' });
    return `${status} ${headers.get('location')}`;
  };
  assert.deepEqual(
    [await ask('old/'), await ask('about'), await ask('about/'), await ask('serve.json')],
    ['302 /new', '301 /about/', '200 null', '404 null'],
  );
  writeFileSync(join(site, 'serve.json'), '{ "trailingSlash": false }');
  process.kill(heddle.pid, 'SIGHUP');
  await heddle.waitForOutput(/generation 1 has ended, in/);
  assert.deepEqual([await ask('old'), await ask('about/')], ['404 null', '301 /about']);
  writeFileSync(join(site, 'serve.json'), '{ "trailingSlash": 5 }');
  process.kill(heddle.pid, 'SIGHUP');
  await heddle.waitForOutput(/reload failed, generation 2 serves on/);
  assert.equal(await ask('about/'), '301 /about');
  assert.match(heddle.stderr, /serve\.json: trailingSlash \(5\) is not true or false/);
});
