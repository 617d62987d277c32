import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { FolderListings } from '#static/folder-listings.ts';
import { FileOpener } from '#static/open-file.ts';
import type { OpenFolder } from '#static/open-folder.ts';
import { fakeRequest } from '../support/fake-request.ts';
import { besideApp, folderAlone, folderListed } from '../support/static-answers.ts';
import { temporaryFolder, writeSettled } from '../support/temporary-folder.ts';

const SITE = {
  'file10.txt': 'x'.repeat(1234),
  'file9.txt': 'nine',
  'Beta.md': 'b',
  'alpha.md': '',
  'sub2/a.txt': 'a',
  'sub10/b.txt': 'b',
  'paged/index.html': 'its own page',
  'sub2/deep er/c.txt': 'c',
  'beside/x.txt': 'x',
  'beside.html': 'the page beside',
};
const JSON_FIELDS = { accept: 'application/json' };

suite('the listing of a folder', () => {
  const root = temporaryFolder(SITE);
  const ask = folderListed(root);

  test('as a page: folders first, then files, in natural order, with size and date', async () => {
    const { status, text = '', fields } = (await ask('/'))!;
    assert.equal(status, 200);
    assert.equal(fields['content-type'], 'text/html;charset=utf-8');
    assert.deepEqual(hrefs(text), [
      ...['beside/', 'paged/', 'sub2/', 'sub10/'],
      ...['alpha.md', 'beside.html', 'Beta.md', 'file9.txt', 'file10.txt'],
    ]);
    assert.ok(text.includes('<td data-size="1234" title="1,234 bytes">1.23 kB</td>'), 'sizes, also exactly');
    assert.ok(text.includes('<time datetime="2020-02-02T03:04:05.000Z"'), 'dates');
    assert.ok(text.includes('4 folders, 5 files'));
    assert.ok(!text.includes('rel="up"'), 'there is nothing above the root');
  });

  test('as JSON, by Accept, with the same entries (RFC9110§12.5.1)', async () => {
    const { text = '', fields } = (await ask({ path: '/sub2/', fields: JSON_FIELDS }))!;
    assert.equal(fields['content-type'], 'application/json;charset=utf-8');
    const { entries, ...rest } = JSON.parse(text);
    assert.deepEqual(rest, { path: '/sub2/', omitted: 0, complete: true });
    const { modified, ...folder } = entries[0];
    assert.deepEqual(folder, { name: 'deep er', type: 'folder', href: 'deep%20er/' });
    assert.ok(Date.parse(modified) > 0);
    assert.deepEqual(entries[1], {
      ...{ name: 'a.txt', type: 'file', size: 1 },
      ...{ modified: '2020-02-02T03:04:05.000Z', href: 'a.txt' },
    });
  });

  const types: [accept: string | undefined, type: string][] = [
    [undefined, 'text/html'],
    ['*/*', 'text/html'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
    ['application/json, text/plain, */*', 'application/json'],
    ['text/html;q=0.1, application/json', 'application/json'],
    ['image/png', 'text/html'],
  ];
  for (const [accept, type] of types) {
    test(`Accept: ${accept} is answered with ${type}, which Vary tells (RFC9110§12.5.5)`, async () => {
      const answer = await ask({ path: '/', fields: accept === undefined ? {} : { accept } });
      assert.equal(answer?.fields['content-type'], `${type};charset=utf-8`);
      assert.equal(answer.fields.vary, 'accept');
      assert.equal(answer.fields['cache-control'], 'no-cache');
      assert.equal(answer.fields['x-content-type-options'], 'nosniff');
    });
  }

  test('shows the way up by links that are relative, so that a proxy may put it below another path', async () => {
    const { text = '' } = (await ask('/sub2/deep%20er/'))!;
    assert.deepEqual(
      [...text.matchAll(/<a href="(\.\.[^"]*)"[^>]*>(.*?)<\/a>/g)].map(([, href, shown]) => [href, shown]),
      [
        ['../../', '<bdi>/</bdi>'],
        ['../', '<bdi>sub2</bdi>'],
        ['../', '..'],
      ],
    );
    assert.ok(text.includes('<span aria-current="page"><bdi>deep er</bdi></span>'));
  });

  test('names the hashes of its own style and script, and allows nothing else', async () => {
    const { text = '', fields } = (await ask('/'))!;
    const policy = fields['content-security-policy'] ?? '';
    for (const [element, directive] of [
      ['style', 'style-src'],
      ['script', 'script-src'],
    ] as const) {
      const parts = [...text.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, 'gs'))];
      assert.equal(parts.length, 1, element);
      const hash = createHash('sha256').update(parts[0]![1]!).digest('base64');
      assert.ok(policy.includes(`${directive} 'sha256-${hash}';`), policy);
    }
    assert.match(policy, /^default-src 'none';/);
    for (const rule of ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'self'"])
      assert.ok(policy.includes(rule), rule);
    assert.doesNotMatch(
      text.replaceAll(/xmlns='[^']*'/g, ''),
      /https?:|style=|onclick=/,
      'asks nobody for more',
    );
  });

  test('HEAD has the fields of GET and no content (RFC9110§9.3.2)', async () => {
    const [get, head] = [await ask('/'), await ask({ method: 'HEAD', path: '/' })];
    assert.deepEqual(head?.fields, get?.fields);
    assert.equal(head?.text, undefined);
    assert.equal(get?.fields['content-length'], `${Buffer.byteLength(get?.text ?? '')}`);
  });

  test('is known by a strong tag of its content: 304, 412, and another where anything shows another way', async () => {
    const folder = temporaryFolder({ 'a/x': '1', 'y.txt': '22' });
    const changing = folderListed(folder);
    const tags = [(await changing('/'))?.fields.etag];
    assert.match(tags[0] ?? '', /^"[\w-]+"$/);
    const known = { path: '/', fields: { 'if-none-match': tags[0]! } };
    const kept = await changing(known);
    assert.deepEqual([kept?.status, kept?.text], [304, undefined]);
    assert.deepEqual([kept?.fields.etag, kept?.fields.vary], [tags[0], 'accept']);
    assert.equal((await changing({ path: '/', fields: { 'if-match': '"other"' } }))?.status, 412);
    tags.push((await changing({ path: '/', fields: JSON_FIELDS }))?.fields.etag);
    writeSettled(join(folder, 'y.txt'), '333');
    tags.push((await changing('/'))?.fields.etag);
    writeSettled(join(folder, 'z.txt'), '');
    tags.push((await changing('/'))?.fields.etag);
    assert.equal(new Set(tags).size, 4);
    assert.equal((await changing(known))?.status, 200);
  });

  test('has the fields that rules give, but its own policy, and is never kept', async () => {
    const fields = [
      'x-own',
      '1',
      'content-security-policy',
      "default-src 'self'",
      'cache-control',
      'no-store',
    ];
    const rules = [{ pattern: '**', fields: [...fields, 'x-content-type-options', 'nosniff'] }];
    const answer = await folderListed(root, { rules })('/sub2/');
    assert.equal(answer?.fields['x-own'], '1');
    assert.equal(answer.fields['cache-control'], 'no-cache');
    assert.match(answer.fields['content-security-policy'] ?? '', /^default-src 'none';/);
    assert.equal((await folderListed(root, { rules })('/sub2'))?.fields['x-own'], '1');
  });

  test('has no parts: Range is passed over (RFC9110§14.2)', async () => {
    assert.equal((await ask({ path: '/', fields: { range: 'bytes=0-9' } }))?.status, 200);
  });

  const redirects: [path: string, location: string][] = [
    ['/sub2', '/sub2/'],
    ['/sub2?a=[1]', '/sub2/?a=%5B1%5D'],
    ['//sub2', '/sub2/'],
    ['//sub2//', '/sub2/'],
    ['/sub2/deep%20er', '/sub2/deep%20er/'],
  ];
  for (const [path, location] of redirects) {
    test(`${path} is sent to ${location}, from where its links lead`, async () => {
      const answer = await ask(path);
      assert.deepEqual([answer?.status, answer?.fields.location], [301, location]);
      assert.equal((await ask(location))?.status, 200);
    });
  }

  test('comes behind index.html and the page of that name', async () => {
    assert.equal((await ask('/paged/'))?.text, 'its own page');
    assert.equal((await ask('/beside/'))?.fields.location, '/beside');
    assert.equal((await ask('/beside'))?.text, 'the page beside');
  });

  test('is for GET and HEAD: 405 for others, 404 where there is no folder', async () => {
    for (const path of ['/', '/sub2', '/sub2/']) {
      const answer = await ask({ method: 'POST', path });
      assert.deepEqual([answer?.status, answer?.fields.allow], [405, 'GET, HEAD'], path);
    }
    for (const path of ['/nothing', '/nothing/', '/file9.txt/', '/sub2/..', '/.git/'])
      assert.equal((await ask(path))?.status, 404, path);
  });

  test('of an empty folder says so', async () => {
    const empty = folderListed(temporaryFolder());
    assert.ok((await empty('/'))?.text?.includes('Nothing here'));
    const { entries } = JSON.parse((await empty({ path: '/', fields: JSON_FIELDS }))?.text ?? '');
    assert.deepEqual(entries, []);
  });

  test('is shown where it is asked for: not by default, not with single', async () => {
    assert.equal(folderAlone(root)('/sub2/').status, 404);
    assert.equal(besideApp(root)('/sub2/'), undefined);
    const single = folderListed(root, { single: true });
    assert.equal((await single('/sub2/'))?.status, 404);
    const beside = folderListed(root, { notFoundPage: false });
    assert.equal((await beside('/sub2/'))?.status, 200);
    assert.equal(await beside('/nothing/'), undefined);
    assert.equal(await beside({ method: 'POST', path: '/sub2/' }), undefined);
  });
});

suite('many listings at once', () => {
  const names = Array.from({ length: 50 }, (_, at) => `f${at}`);
  const root = temporaryFolder(Object.fromEntries(names.map((name) => [`${name}/x`, ''])));

  test('those who wait for one folder share it; who asks later sees what came meanwhile', async () => {
    const ask = folderListed(root);
    const folders = Array.from({ length: 100 }, () => stubFolder());
    const listings = new FolderListings(new FileOpener(root));
    const before = folders.map((folder) => listings.answer(fakeRequest(), folder.open, 'f0'));
    assert.deepEqual(new Set((await Promise.all(before)).map(statusOf)), new Set([200]));
    assert.equal(folders.filter(({ reads }) => reads() > 0).length, 1);
    assert.ok(folders.every(({ isClosed }) => isClosed()));
    // Begun already: what is written from now on it may or may not have seen.
    const begun = ask('/f1/');
    await Promise.resolve();
    await Promise.resolve();
    writeSettled(join(root, 'f1/later'), '');
    const after = await ask('/f1/');
    assert.ok(after?.text?.includes('later'));
    await begun;
    rmSync(join(root, 'f1/later'));
  });

  test('too many folders at once are 503, and all of their descriptors are closed', async () => {
    const open = (): number => readdirSync('/proc/self/fd').length;
    const before = open();
    for (const notFoundPage of [true, false]) {
      const ask = folderListed(root, { notFoundPage });
      const answers = await Promise.all(names.map((name) => ask(`/${name}/`)));
      const statuses = answers.map(statusOf);
      assert.equal(statuses.filter((status) => status === 200).length, 32);
      assert.equal(statuses.filter((status) => status === 503).length, 18);
      assert.equal((await ask('/f49/'))?.status, 200, 'the next one is answered again');
    }
    assert.equal(open(), before);
  });

  test('one that fails does not keep others from theirs', async () => {
    const listings = new FolderListings(new FileOpener(root));
    const broken = stubFolder(new Error('EIO'));
    const fails = assert.rejects(async () => listings.answer(fakeRequest(), broken.open, 'f0'), /EIO/);
    const other = await listings.answer(fakeRequest(), stubFolder().open, 'f1');
    await fails;
    assert.ok(typeof other === 'object' && broken.isClosed());
    assert.equal(other.status, 200);
  });

  test('one that was removed since it was opened is empty', async () => {
    mkdirSync(join(root, 'gone'));
    const gone = folderListed(root)('/gone/');
    rmSync(join(root, 'gone'), { recursive: true });
    assert.equal((await gone)?.status, 200);
  });
});

function statusOf(answer: { readonly status: number } | 'busy' | undefined): number | undefined {
  return answer === 'busy' ? undefined : answer?.status;
}

/** An empty folder that is open, or cannot be read. */
function stubFolder(error?: Error) {
  let reads = 0;
  let isClosed = false;
  const open = {
    next: () => {
      reads += 1;
      if (error !== undefined) throw error;
    },
    close: () => {
      isClosed = true;
    },
  } as unknown as OpenFolder;
  return { open, reads: () => reads, isClosed: () => isClosed };
}

function hrefs(page: string): string[] {
  return [...page.matchAll(/<a dir="auto" href="([^"]*)"/g)].map(([, href]) => href!);
}
