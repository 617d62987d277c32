import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeAccount } from '#server/new-account.ts';
import { planServed } from '#server/served-plan.ts';
import { objectLayer, settleConfig } from '#server/server-config.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('accounts that would be served are refused: by all hosts, through links, but not under a dot', async () => {
  const account = await makeAccount('ann', 'secret');
  const files = [
    'site/accounts',
    'site/.accounts',
    'site/.own/accounts',
    'site-accounts',
    'host/x',
    'host/a/y',
  ];
  const root = temporaryFolder({
    'site/index.html': '',
    ...Object.fromEntries(files.map((file) => [file, account])),
  });
  symlinkSync(join(root, 'site/accounts'), join(root, 'link'));
  const plan = (auth: string, ofHost = '') => {
    const layer = objectLayer({ auth: auth === '' ? '' : join(root, auth) }, 'a test');
    const own = ofHost === '' ? {} : { auth: join(root, ofHost) };
    const hosts = [{ host: 'a.example', static: join(root, 'host'), ...own }];
    const main = { root: join(root, 'site'), config: settleConfig([layer]) };
    return planServed(main, { hosts, above: [], below: [layer] });
  };
  for (const file of ['site/.accounts', 'site/.own/accounts', 'site-accounts'])
    assert.equal(plan(file).accounts, account);
  for (const [file, ofHost] of [
    ['site/accounts', ''],
    ['link', ''],
    ['host/x', ''],
    ['', 'host/a/y'],
    ['', 'site/accounts'],
  ] as const)
    assert.throws(() => plan(file, ofHost), {
      code: 'ERR_HEDDLE_ACCOUNTS',
      message: /lies in the folder that is served, .* Move it, or give it a name that begins with a dot\./,
    });
});
