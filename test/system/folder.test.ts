import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type SpawnedHeddle, spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { RawConnection } from './raw-connection.ts';

/** A folder to serve, and a file beside it that nobody may see. */
function makeFolder(): string {
  return temporaryFolder({
    'secret.txt': 'SECRET',
    'site/index.html': '<h1>index</h1>',
    'site/404.html': '<h1>not here</h1>',
    'site/notes.txt': '0123456789',
    'site/sub/index.html': '<h1>sub</h1>',
    'site/sub/style.css': 'p { color: red }',
  });
}

async function serveFolder(): Promise<SpawnedHeddle> {
  return spawnHeddle([`${makeFolder()}/site`, '--threads', '1', '--idle-grace', '0']);
}

describe('heddle ./folder', () => {
  test('serves its files with type, length, tag and date, and index.html for a folder', async () => {
    await using heddle = await serveFolder();
    await using connection = await RawConnection.open(heddle.url);
    const notes = await connection.fetch('/notes.txt');
    assert.equal(notes.status, 200);
    assert.equal(notes.body, '0123456789');
    assert.match(notes.headers.get('content-type') ?? '', /^text\/plain\b/);
    assert.equal(notes.headers.get('content-length'), '10');
    assert.match(notes.headers.get('etag') ?? '', /^(?:W\/)?"[^"]+"$/);
    assert.ok(Date.parse(notes.headers.get('last-modified') ?? '') > 0);
    assert.match(
      (await connection.fetch('/sub/style.css')).headers.get('content-type') ?? '',
      /^text\/css\b/,
    );
    assert.equal((await connection.fetch('/')).body, '<h1>index</h1>');
    assert.equal((await connection.fetch('/sub/')).body, '<h1>sub</h1>');
    assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
  });

  test('RFC9110§13.1.2: a known entity tag is answered with 304 and no content', async () => {
    await using heddle = await serveFolder();
    await using connection = await RawConnection.open(heddle.url);
    const { headers } = await connection.fetch('/notes.txt');
    const byTag = await connection.fetch('/notes.txt', `If-None-Match: ${headers.get('etag')}`);
    assert.equal(byTag.status, 304);
    assert.equal(byTag.headers.get('etag'), headers.get('etag'));
    const byDate = await connection.fetch('/notes.txt', `If-Modified-Since: ${headers.get('last-modified')}`);
    assert.equal(byDate.status, 304);
    assert.equal((await connection.fetch('/notes.txt', 'If-None-Match: "another"')).body, '0123456789');
  });

  test('RFC9110§14.2: a range is answered with 206, one beyond the end with 416', async () => {
    await using heddle = await serveFolder();
    await using connection = await RawConnection.open(heddle.url);
    const part = await connection.fetch('/notes.txt', 'Range: bytes=2-4');
    assert.equal(part.status, 206);
    assert.equal(part.body, '234');
    assert.equal(part.headers.get('content-range'), 'bytes 2-4/10');
    const beyond = await connection.fetch('/notes.txt', 'Range: bytes=10-');
    assert.equal(beyond.status, 416);
    assert.equal(beyond.headers.get('content-range'), 'bytes */10');
  });

  test('answers what is not there with 404 and 404.html, HEAD with the head alone, POST with 405', async () => {
    await using heddle = await serveFolder();
    await using connection = await RawConnection.open(heddle.url);
    const missing = await connection.fetch('/nowhere');
    assert.equal(missing.status, 404);
    assert.equal(missing.body, '<h1>not here</h1>');
    connection.send('HEAD /notes.txt HTTP/1.1\r\nHost: h\r\n\r\n');
    const head = await connection.reply({ isHead: true });
    assert.equal(head.headers.get('content-length'), '10');
    connection.send('POST /notes.txt HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n');
    const post = await connection.reply();
    assert.equal(post.status, 405);
    assert.match(post.headers.get('allow') ?? '', /\bGET\b/);
  });

  test('lets nobody out, however the way is written', async () => {
    await using heddle = await serveFolder();
    for (const target of [
      '/../secret.txt',
      '/sub/../../secret.txt',
      '/%2e%2e/secret.txt',
      '/%2e%2e%2fsecret.txt',
      '/..%2fsecret.txt',
      '/sub/..%5c..%5csecret.txt',
      '/%252e%252e%252fsecret.txt',
      '//../secret.txt',
      '/./.././secret.txt',
      '/..%00/secret.txt',
      '/index.html%00',
      'http://heddle.test/../secret.txt',
    ]) {
      await using connection = await RawConnection.open(heddle.url);
      const reply = await connection.fetch(target);
      assert.ok(reply.status === 404 || reply.status === 400, `${target}: ${reply.statusLine}`);
      assert.doesNotMatch(reply.body, /SECRET/, target);
    }
  });
});
