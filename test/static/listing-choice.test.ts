import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createStaticHandler } from '#static/static-handler.ts';
import type { StaticOptions } from '#static/static-options.ts';
import { fakeRequest } from '../support/fake-request.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const root = temporaryFolder({
  'public/a.txt': 'a',
  'public/.DS_Store': 'x',
  'public/Thumbs.db': 'x',
  'private/b.txt': 'b',
  'private/c.txt': 'c',
  'alone/only.txt': 'the only one',
  'alone/.hidden': 'x',
  'folders/inner/x.txt': 'x',
});

/** Status and names, or status and content. */
async function ask(options: Partial<StaticOptions>, path: string): Promise<string> {
  const handler = createStaticHandler({ root, notFoundPage: true, ...options });
  const reply = await handler(fakeRequest({ path, fields: { accept: 'application/json' } }));
  assert.ok(reply !== undefined && 'status' in reply);
  const { status, body, fields } = reply;
  const text =
    typeof body === 'string' ? body : Buffer.from((body as Uint8Array | undefined) ?? '').toString();
  if (status === 301) return `301 ${fields[fields.indexOf('location') + 1]}`;
  if (!fields.includes('application/json;charset=utf-8')) return `${status} ${text.trim()}`;
  const { entries } = JSON.parse(text) as { entries: { name: string }[] };
  return `${status} [${entries.map(({ name }) => name).join()}]`;
}

suite('which folders are listed, and what of them', () => {
  test('those that patterns mean', async () => {
    const listing = ['/public', '/folders/**'];
    assert.equal(await ask({ listing }, '/public/'), '200 [a.txt,Thumbs.db]');
    assert.equal(await ask({ listing }, '/folders/inner/'), '200 [x.txt]');
    assert.equal(await ask({ listing }, '/public'), '301 /public/');
    assert.equal(await ask({ listing }, '/private/'), '404 404 Not Found');
    assert.equal(await ask({ listing }, '/private'), '404 404 Not Found');
  });

  test('without the names that are not to be seen', async () => {
    assert.equal(await ask({ listing: true, unlisted: ['/Thumbs.db'] }, '/public/'), '200 [a.txt]');
    assert.equal(await ask({ listing: true, unlisted: ['/*.txt'] }, '/private/'), '200 []');
  });

  test('without what is hidden, which is found by no path either', async () => {
    const hidden = ['private/c.txt'];
    assert.equal(await ask({ listing: true, hidden }, '/private/'), '200 [b.txt]');
    assert.equal(await ask({ hidden }, '/private/c.txt'), '404 404 Not Found');
    assert.equal(await ask({ hidden }, '/private/b.txt'), '200 b');
    assert.equal(await ask({ hidden, onlyFile: true }, '/private/'), '200 b');
  });

  test('a folder of one file is that file, where that is wanted, listed or not', async () => {
    for (const listing of [true, false]) {
      assert.equal(await ask({ listing, onlyFile: true }, '/alone/'), '200 the only one');
      assert.equal(await ask({ listing, onlyFile: true }, '/alone'), '301 /alone/');
    }
    assert.equal(await ask({ listing: true, onlyFile: true }, '/private/'), '200 [b.txt,c.txt]');
    assert.equal(await ask({ onlyFile: true }, '/private/'), '404 404 Not Found');
    assert.equal(await ask({ listing: true, onlyFile: true }, '/folders/'), '200 [inner]');
    assert.equal(await ask({ onlyFile: true, unlisted: ['/Thumbs.db'] }, '/public/'), '200 a');
  });
});
