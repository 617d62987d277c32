import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { PROJECT_ROOT, spawnHeddle } from '../support/spawn-heddle.ts';

test('examples/markdown renders on the pool, and nothing of what it renders may run', async () => {
  await using heddle = await spawnHeddle(['examples/markdown/app.ts', '-t', '1']);
  const form = await fetch(heddle.url);
  assert.match(await form.text(), /<textarea/);
  const rendered = await fetch(`${heddle.url}render`, { method: 'POST', body: 'text=# Hi\n\n*there*' });
  assert.equal(await rendered.text(), '<h1>Hi</h1>\n<p><em>there</em></p>\n');
  assert.match(rendered.headers.get('content-security-policy') ?? '', /^default-src 'none'/);
});

test('examples/primes counts them without a server', () => {
  const args = ['--conditions', 'heddle-source', 'examples/primes/main.ts', '100000'];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    cwd: PROJECT_ROOT,
    encoding: 'utf8',
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  });
  assert.equal(status, 0, stderr);
  assert.match(
    stdout,
    /^9592 primes below 100000, in \d+ ms\n2 jobs on \d+ threads, [\d.]+ ms each\nThe next is 100003\.\n$/,
  );
});
