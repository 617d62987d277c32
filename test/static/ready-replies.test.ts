import assert from 'node:assert/strict';
import { renameSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { Reply } from '#exchange/reply.ts';
import { KeptFile } from '#static/file-cache.ts';
import { TraitTable } from '#static/file-traits.ts';
import { ReadyReplies } from '#static/ready-replies.ts';
import { createStaticHandler } from '#static/static-handler.ts';
import { fakeRequest } from '../support/fake-request.ts';
import { letLookAgain } from '../support/static-answers.ts';
import { temporaryFolder, writeSettled } from '../support/temporary-folder.ts';

suite('answers from memory', () => {
  const root = temporaryFolder({ 'a.bin': 'first', 'index.html': 'home', 'new.bin': 'second' });
  const handler = createStaticHandler({ root, notFoundPage: true });
  const ask = (path: string, fields: Record<string, string> = {}, method = 'GET'): Reply => {
    letLookAgain();
    const reply = handler(fakeRequest({ method, path, fields }));
    assert.ok(reply !== undefined && 'status' in reply);
    return reply;
  };

  test('are the same objects for all who ask alike, so that they are written once', () => {
    const first = ask('/a.bin');
    assert.ok(first.memo !== undefined);
    assert.equal(ask('/a.bin'), first);
    const etag = first.fields[first.fields.indexOf('etag') + 1] ?? '';
    const notModified = ask('/a.bin', { 'if-none-match': etag });
    assert.equal(notModified.status, 304);
    assert.equal(ask('/a.bin', { 'if-none-match': etag }), notModified);
    assert.equal(ask('/a.bin', { 'if-none-match': etag }, 'HEAD'), notModified);
  });

  test('are others for other questions', () => {
    const whole = ask('/a.bin');
    for (const [fields, method] of [
      [{ range: 'bytes=0-1' }, 'GET'],
      [{}, 'HEAD'],
      [{ 'if-match': '"x"' }, 'GET'],
    ] as const)
      assert.equal(ask('/a.bin', fields, method).memo, undefined);
    assert.notEqual(ask('/index.html'), whole);
    assert.notEqual(ask('/'), ask('/none'));
  });

  test('are others as soon as the file is another', () => {
    const before = ask('/a.bin');
    renameSync(join(root, 'new.bin'), join(root, 'a.bin'));
    const after = ask('/a.bin');
    assert.notEqual(after, before);
    assert.equal(Buffer.from(after.body as Uint8Array).toString(), 'second');
  });

  test('are kept with the file: of one that is too large for memory there are none, compressed or not', () => {
    const large = temporaryFolder({ 'small.txt': 'a'.repeat(2000), 'large.txt': 'a'.repeat(1_100_000) });
    const bytes = Buffer.from('short');
    const compressed = { have: () => bytes, want: () => undefined };
    const site = createStaticHandler({ root: large, notFoundPage: true, compressed });
    const memoOf = (path: string) => {
      letLookAgain();
      const reply = site(fakeRequest({ path, fields: { 'accept-encoding': 'br' } }));
      assert.ok(reply !== undefined && 'status' in reply && reply.fields.includes('br'));
      assert.equal(Buffer.from(reply.body as Uint8Array).toString(), 'short');
      return reply.memo;
    };
    assert.ok(memoOf('/small.txt') !== undefined);
    assert.equal(memoOf('/small.txt'), memoOf('/small.txt'));
    assert.deepEqual([memoOf('/large.txt'), memoOf('/large.txt')], [undefined, undefined]);
  });

  test('are not kept where each gets fields of its own', () => {
    const origins = ['https://a.example'];
    const reply = createStaticHandler({ root, notFoundPage: true, origins })(fakeRequest({ path: '/' }));
    assert.ok(reply !== undefined && 'status' in reply);
    assert.deepEqual([reply.status, reply.memo], [200, undefined]);
  });

  test('are not kept while something of them may still change with time', () => {
    writeSettled(join(root, 'b.bin'), 'text');
    const seconds = Date.now() / 1000;
    // Of less than a second ago: it may have to bring its Date along.
    utimesSync(join(root, 'b.bin'), seconds - 0.5, seconds - 0.5);
    const fresh = ask('/b.bin');
    assert.deepEqual([fresh.status, fresh.memo], [200, undefined]);
    utimesSync(join(root, 'b.bin'), seconds + 3600, seconds + 3600);
    assert.equal(ask('/b.bin').memo, undefined);
  });
});

suite('a store of answers', () => {
  const traits = new TraitTable([]).of('a');
  const version = { device: 1n, inode: 2n, size: 100, mtimeNs: 0n, ctimeNs: 0n };
  const file = () => new KeptFile(version, new Uint8Array(100));
  const replyWith = (kept: KeptFile): Reply => ({
    status: 200,
    fields: [],
    body: kept.content(0, kept.length),
  });
  const key = { status: 200, traits, vary: '', contentLocation: undefined };

  test('tells answers apart by all that they hang on', () => {
    const store = new ReadyReplies(1000);
    const one = file();
    const kept = store.keep(one, key, replyWith(one));
    assert.equal(store.find(one, { ...key }), kept);
    for (const other of [
      { ...key, status: 304 },
      { ...key, vary: 'accept' },
      { ...key, contentLocation: '/a' },
      { ...key, traits: { ...traits } },
    ])
      assert.equal(store.find(one, other), undefined);
    assert.equal(store.find(file(), key), undefined);
  });

  test('holds so many bytes, and lets the earliest go', () => {
    const store = new ReadyReplies(1000);
    const files = Array.from({ length: 15 }, file);
    for (const one of files) store.keep(one, key, replyWith(one));
    const held = files.filter((one) => store.find(one, key) !== undefined);
    assert.deepEqual(held, files.slice(5));
  });

  test('takes nothing that is large for it', () => {
    const store = new ReadyReplies(399);
    const one = file();
    assert.equal(store.keep(one, key, replyWith(one)).memo, undefined);
    assert.equal(store.find(one, key), undefined);
  });

  test('holds answers of so many files, though they have no content', () => {
    const store = new ReadyReplies(1000);
    const files = Array.from({ length: 1010 }, file);
    for (const one of files) store.keep(one, key, { status: 304, fields: [], body: undefined });
    const held = files.filter((one) => store.find(one, key) !== undefined);
    assert.deepEqual(held, files.slice(10));
  });

  test('holds few answers of one file', () => {
    const store = new ReadyReplies(10_000);
    const one = file();
    for (let at = 0; at < 20; at += 1) store.keep(one, { ...key, vary: `x${at}` }, replyWith(one));
    const held = Array.from({ length: 20 }, (_, at) => store.find(one, { ...key, vary: `x${at}` }));
    assert.ok(held.filter((reply) => reply !== undefined).length <= 8);
    assert.ok(held[19] !== undefined);
  });
});
