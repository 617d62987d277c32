import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { planFolder } from '#server/folder-plan.ts';
import { settleConfig } from '#server/server-config.ts';

/** What a folder is told where these are the options. */
function rulesOf(values: Record<string, unknown>) {
  const { rules = [], origins = [] } = planFolder(
    '/nowhere',
    settleConfig([{ origin: (name) => name, values }]),
  );
  return { rules, origins };
}

suite('options about what a folder says', () => {
  test('give no rules where nobody sets them', () => {
    assert.deepEqual(rulesOf({}), { rules: [], origins: [] });
  });

  test('--cache takes a text, several, or an object', () => {
    const rules = [
      { pattern: '**', fields: ['cache-control', 'public, max-age=3600'] },
      { pattern: '*.html', fields: ['cache-control', 'no-cache'] },
    ];
    for (const cache of [
      '1h; *.html: no-cache',
      ['1h', '*.html: no-cache'],
      { '**': '1h', '*.html': 'no-cache' },
    ])
      assert.deepEqual(rulesOf({ cache }).rules, rules);
  });

  test('--headers takes a text, several, each for every path, or an object', () => {
    const rules = [
      { pattern: '/a/**', fields: ['x-a', '1'] },
      { pattern: '**', fields: ['x-b', '2'] },
    ];
    for (const headers of ['/a/**\nx-a: 1\n**\nx-b: 2', ['/a/**\nx-a: 1', 'x-b: 2']])
      assert.deepEqual(rulesOf({ headers }).rules, rules);
    assert.deepEqual(
      rulesOf({ headers: { 'x-b': '2', '*.pdf': { 'x-c': '3' }, 'a/b': { 'x-d': '4' } } }).rules,
      [
        { pattern: '**', fields: ['x-b', '2'] },
        { pattern: '*.pdf', fields: ['x-c', '3'] },
        { pattern: '/a/b', fields: ['x-d', '4'] },
      ],
    );
    assert.deepEqual(rulesOf({ headers: { 'a.txt': { 'x-c': '3' } } }).rules, [
      { pattern: '**/a.txt', fields: ['x-c', '3'] },
    ]);
  });

  test('--security-headers comes first, so that --headers may change each', () => {
    const { rules = [] } = rulesOf({ securityHeaders: true, headers: 'x-frame-options: DENY' });
    assert.equal(rules.length, 2);
    assert.ok(rules[0]?.fields.includes('nosniff'));
    assert.deepEqual(rules[1], { pattern: '**', fields: ['x-frame-options', 'DENY'] });
  });

  test('--cors takes all, or a list of origins', () => {
    for (const cors of [true, '*']) assert.equal(rulesOf({ cors }).origins, '*');
    for (const cors of [false, '']) assert.deepEqual(rulesOf({ cors }).origins, []);
    const list = ['https://a.example', 'http://localhost:5173'];
    for (const cors of [list, list.join(), list.join(', ')])
      assert.deepEqual(rulesOf({ cors }).origins, list);
  });

  const refused: readonly Record<string, unknown>[] = [
    { cache: '1 hour' },
    { cache: { '*.html': 5 } },
    { cache: 5 },
    { headers: 'X A: 1' },
    { headers: 'content-length: 5' },
    { headers: { 'x-a': 1 } },
    { headers: { '/a': {} } },
    { headers: ['x-a: 1', 5] },
    { cors: 'https://a.example/' },
    { cors: 'a.example' },
    { cors: '*, https://a.example' },
    { cors: [5] },
  ];
  for (const values of refused) {
    test(`${JSON.stringify(values)} is refused, with what it should be`, () => {
      assert.throws(() => rulesOf(values), { code: 'ERR_HEDDLE_OPTION', message: /is not a list of/ });
    });
  }
});
