import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Reply } from '#exchange/reply.ts';
import { tryInputs } from '../../fuzz/inputs.ts';
import { faultOf, makePath } from '../../fuzz/path-target.ts';
import { Random } from '../../fuzz/random.ts';

suite('random paths against folders with secrets', () => {
  test('get no secret, no file of another name, and no place on another host', () => {
    const range = { seed: 1, first: 0, step: 1, end: 60_000, until: Number.POSITIVE_INFINITY };
    const { inputs, kinds, findings } = tryInputs({ ...range, target: 'paths' });
    assert.deepEqual(findings, []);
    assert.equal(inputs, 60_000);
    // They get as far as files and redirects of each site, and to refusals.
    for (const kind of [
      'alone: 200',
      'beside an app: 200',
      'by rules: 307',
      'with slashes: 301',
      'alone: 400',
    ])
      assert.ok((kinds[kind] ?? 0) > 10, kind);
  });

  test('are many: climbs, disguises and names that are there', () => {
    const made = new Set(Array.from({ length: 10_000 }, (_, number) => makePath(new Random(number))));
    assert.ok(made.size > 7_000, `${made.size} of 10000 differ`);
  });

  test('would show each fault', () => {
    const reply = (status: number, body: string, ...fields: string[]): Reply => ({ status, fields, body });
    for (const [path, wrong] of [
      ['/x', reply(200, 'the secret')],
      ['/about', reply(200, 'app.js')],
      ['/x', reply(500, '')],
      ['/x', reply(301, '', 'location', '//evil.example')],
      ['/x', reply(301, '', 'location', '/\\evil.example')],
      ['/x', reply(301, '', 'location', 'http://evil.example')],
      ['/x', reply(301, '', 'location', '/a b')],
    ] as const)
      assert.notEqual(faultOf(path, wrong, false), undefined, JSON.stringify(wrong));
    assert.equal(faultOf('/about', reply(200, 'about.html'), false), undefined);
    assert.equal(faultOf('/docs', reply(301, '', 'location', '/docs/'), false), undefined);
  });
});
