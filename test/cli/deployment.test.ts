import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { installedCommand, safeName } from '#cli/deployment.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('a safe name', () => {
  for (const [candidates, name] of [
    [['shop'], 'shop'],
    [['@acme/shop'], 'shop'],
    [['Café du Monde'], 'cafe-du-monde'],
    [['', 'folder'], 'folder'],
    [['..', '--', '商店'], 'app'],
    [['2048'], 'app-2048'],
    [['-a_'], 'a'],
    [[`${'a'.repeat(39)}-b`], 'a'.repeat(39)],
    [['x'.repeat(300)], 'x'.repeat(40)],
  ] as const) {
    test(candidates.join(', ').slice(0, 50), () => assert.equal(safeName(...candidates), name));
  }
});

describe('the command of a service', () => {
  const running = '/usr/lib/node_modules/heddle/dist/cli/main.js';
  const fetched = '/home/ada/.npm/_npx/0a1b/node_modules/heddle/dist/cli/main.js';

  test('is the one in the folder, where there is one', () => {
    const own = 'node_modules/heddle/dist/cli/main.js';
    const folder = temporaryFolder({ [own]: '' });
    for (const other of [running, fetched]) assert.equal(installedCommand(folder, other), `${folder}/${own}`);
  });

  test('is the one that runs, but for one that npx may remove', () => {
    assert.equal(installedCommand('/nowhere', running), running);
    assert.throws(() => installedCommand('/nowhere', fetched), {
      code: 'ERR_HEDDLE_USAGE',
      message: /in the cache of npx.* Run npm install heddle here/,
    });
  });
});
