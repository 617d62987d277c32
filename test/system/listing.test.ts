import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { RawConnection } from './raw-connection.ts';

function makeFolder(): string {
  const root = temporaryFolder({ 'site/docs/a.txt': 'a', 'site/docs/.env': 'KEY=1', 'secret.txt': '' });
  mkdirSync(join(root, 'site/empty'));
  return join(root, 'site');
}

describe('heddle ./folder --listing', () => {
  const ways: [name: string, args: string[], env: Record<string, string>][] = [
    ['--listing', ['--listing'], {}],
    ['-l', ['-l'], {}],
    ['HEDDLE_LISTING=1', [], { HEDDLE_LISTING: '1' }],
  ];
  for (const [name, args, env] of ways) {
    test(`${name} shows what is in its folders`, async () => {
      await using heddle = await spawnHeddle([makeFolder(), '-t', '1', ...args], { env });
      await using connection = await RawConnection.open(heddle.url);
      assert.equal((await connection.fetch('/docs')).headers.get('location'), '/docs/');
      const page = await connection.fetch('/docs/');
      assert.equal(page.status, 200);
      assert.match(page.body, /href="a\.txt"/);
      assert.doesNotMatch(page.body, /\.env/);
      const json = await connection.fetch('/', 'Accept: application/json');
      const names = JSON.parse(json.body).entries.map((entry: { name: string }) => entry.name);
      assert.deepEqual(names, ['docs', 'empty']);
      assert.equal((await connection.fetch('/', `If-None-Match: ${json.headers.get('etag')}`)).status, 200);
      const tag = page.headers.get('etag');
      assert.equal((await connection.fetch('/docs/', `If-None-Match: ${tag}`)).status, 304);
      connection.send('HEAD /docs/ HTTP/1.1\r\nHost: h\r\n\r\n');
      const head = await connection.reply({ isHead: true });
      assert.equal(head.headers.get('content-length'), `${page.body.length}`);
    });
  }

  test('without it a folder without index.html is a 404', async () => {
    await using heddle = await spawnHeddle([makeFolder(), '-t', '1']);
    await using connection = await RawConnection.open(heddle.url);
    for (const path of ['/', '/docs/', '/docs']) assert.equal((await connection.fetch(path)).status, 404);
    await heddle.waitForOutput(/: there is no index\.html in it; --listing shows what there is\n/);
  });

  test('says nothing of it where there is an index.html, or a listing', async () => {
    const page = temporaryFolder({ 'index.html': '' });
    for (const args of [[page], [makeFolder(), '-l']]) {
      await using heddle = await spawnHeddle([...args, '-t', '1']);
      await heddle.stop();
      assert.doesNotMatch(heddle.stdout, /index\.html/);
    }
  });

  test('an app may ask for it, and is asked where there is no folder', async () => {
    const folder = makeFolder();
    const source =
      'export default { static: "./site", listing: true, fetch: () => new Response("the app") };';
    const base = temporaryFolder({ 'app.mjs': source.replace('./site', folder) });
    await using heddle = await spawnHeddle([join(base, 'app.mjs'), '-t', '1']);
    await using connection = await RawConnection.open(heddle.url);
    assert.match((await connection.fetch('/docs/')).body, /href="a\.txt"/);
    assert.equal((await connection.fetch('/nothing/')).body, 'the app');
  });
});
