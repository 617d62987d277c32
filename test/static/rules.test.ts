import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createStaticHandler } from '#static/static-handler.ts';
import { fakeRequest } from '../support/fake-request.ts';
import { folderAlone } from '../support/static-answers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const root = temporaryFolder({
  'index.html': 'home',
  'a.txt': '0123456789',
  'folder/index.html': 'in it',
  'about.html': 'about',
});

suite('the fields that rules give', () => {
  const ask = folderAlone(root, {
    rules: [
      { pattern: '**', fields: ['x-all', '1'] },
      { pattern: '*.html', fields: ['x-page', '1', 'cache-control', 'no-store'] },
      { pattern: '*.txt', fields: ['content-type', 'text/x-own'] },
    ],
  });

  test('are those of the file that answers, whatever path was asked for', () => {
    for (const path of ['/', '/index.html', '/about', '/folder/']) {
      const { fields } = ask(path);
      assert.deepEqual(
        [fields['x-all'], fields['x-page'], fields['cache-control']],
        ['1', '1', 'no-store'],
        path,
      );
    }
    const { fields } = ask('/a.txt');
    assert.deepEqual([fields['x-page'], fields['content-type']], [undefined, 'text/x-own']);
  });

  test('come with every status: 206, 301, 304, 404, 405, 412, 416', () => {
    const { etag = '' } = ask('/a.txt').fields;
    const answers = [
      ask({ path: '/a.txt', fields: { range: 'bytes=0-1' } }),
      ask('/folder'),
      ask({ path: '/a.txt', fields: { 'if-none-match': etag } }),
      ask('/none'),
      ask({ method: 'POST', path: '/a.txt' }),
      ask({ path: '/a.txt', fields: { 'if-match': '"x"' } }),
      ask({ path: '/a.txt', fields: { range: 'bytes=90-' } }),
      ask({ method: 'OPTIONS', path: '*' }),
    ];
    assert.deepEqual(
      answers.map(({ status, fields }) => [status, fields['x-all']]),
      [206, 301, 304, 404, 405, 412, 416, 405].map((status) => [status, '1']),
    );
  });
});

test('rules hold for a path however it is spelt, for listings and errors as for files', async () => {
  const folder = temporaryFolder({ 'docs/a.txt': 'a', 'ö/x.txt': 'x' });
  const rules = [{ pattern: '/{docs,ö}/**', fields: ['x-docs', '1'] }];
  const handler = createStaticHandler({ root: folder, listing: true, notFoundPage: true, rules });
  for (const path of [
    ...['/docs/', '/d%6fcs/', '/docs/a.txt', '/d%6Fcs/a.txt', '/docs/none', '/d%6fcs/none', '//docs//none'],
    ...['/docs//', '/%C3%B6/', '/%C3%B6/none', '/docs/%2e%2e', '/docs/none?x=/'],
  ]) {
    const answer = await handler(fakeRequest({ path }));
    assert.ok(answer !== undefined && 'fields' in answer);
    assert.ok(answer.fields.includes('x-docs'), path);
  }
});

suite('cross-origin requests', () => {
  const preflight = { origin: 'https://a.example', 'access-control-request-method': 'GET' };

  test('of all origins may read every answer, its fields too', () => {
    const ask = folderAlone(root, { origins: '*' });
    for (const path of ['/a.txt', '/none', '/folder']) {
      const { fields } = ask(path);
      assert.equal(fields['access-control-allow-origin'], '*');
      assert.equal(fields['access-control-expose-headers'], '*');
    }
  });

  test('have their preflights answered', () => {
    const ask = folderAlone(root, { origins: '*' });
    const { status, fields } = ask({ method: 'OPTIONS', path: '/a.txt', fields: preflight });
    assert.equal(status, 204);
    assert.equal(fields['access-control-allow-methods'], 'GET, HEAD');
    assert.equal(fields['access-control-allow-headers'], '*');
    assert.equal(ask({ method: 'OPTIONS', path: '/a.txt' }).status, 405);
  });

  test('of a list are named one by one, and a cache is told so', () => {
    const handler = createStaticHandler({ root, notFoundPage: true, origins: ['https://a.example'] });
    const ask = (origin: string | undefined, method = 'GET') => {
      const asking = method === 'GET' ? {} : { 'access-control-request-method': 'GET' };
      const fields = { ...asking, ...(origin === undefined ? {} : { origin }) };
      const reply = handler(fakeRequest({ method, path: '/a.txt', fields }));
      assert.ok(reply !== undefined && 'status' in reply);
      const linesOf = (name: string) =>
        reply.fields.filter((_, at) => reply.fields[at - 1] === name && at % 2 === 1).join();
      return [reply.status, linesOf('access-control-allow-origin'), linesOf('vary')];
    };
    assert.deepEqual(ask('https://a.example'), [200, 'https://a.example', 'accept-encoding,origin']);
    assert.deepEqual(ask('https://b.example'), [200, '', 'accept-encoding,origin']);
    assert.deepEqual(ask(undefined), [200, '', 'accept-encoding,origin']);
    assert.deepEqual(ask('https://a.example', 'OPTIONS'), [204, 'https://a.example', 'origin']);
    assert.deepEqual(ask('https://b.example', 'OPTIONS'), [403, '', 'origin']);
  });

  test('get nothing where nobody is allowed', () => {
    const { fields } = folderAlone(root)({ path: '/a.txt', fields: preflight });
    assert.equal(fields['access-control-allow-origin'], undefined);
  });

  test('beside an app leave what is no file, and preflights, to the app', () => {
    const handler = createStaticHandler({ root, notFoundPage: false, origins: '*' });
    const parts = { method: 'OPTIONS', path: '/a.txt', fields: preflight };
    assert.equal(handler(fakeRequest(parts)), undefined);
    assert.equal(handler(fakeRequest({ path: '/none' })), undefined);
    const reply = handler(fakeRequest({ path: '/a.txt' }));
    assert.ok(reply !== undefined && 'status' in reply);
    assert.ok(reply.fields.includes('access-control-allow-origin'));
  });
});
