import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('--open shows the page in the browser that $BROWSER names, and serves on where there is none', async () => {
  const folder = temporaryFolder({ 'index.html': 'home' });
  const browser = join(folder, 'browser');
  const opened = join(folder, 'opened');
  writeFileSync(browser, `#!/bin/sh\nprintf %s "$1" > ${opened}.part && mv ${opened}.part ${opened}\n`);
  chmodSync(browser, 0o755);
  await using heddle = await spawnHeddle([folder, '-t', '1', '--open'], { env: { BROWSER: browser } });
  while (!existsSync(opened)) await delay(10);
  assert.equal(readFileSync(opened, 'utf8'), heddle.url);
  await using without = await spawnHeddle([folder, '-t', '1', '-o'], {
    env: { BROWSER: '/nowhere/browser' },
  });
  await without.waitForOutput(
    /heddle: --open: \/nowhere\/browser cannot be started\. Open http:\S+ yourself\./,
  );
  assert.equal((await fetch(without.url)).status, 200);
  await using unix = await spawnHeddle([folder, '-t', '1', '-o', '--socket', join(folder, 'socket')], {
    env: { BROWSER: browser },
  });
  await unix.waitForOutput(/heddle: --open: a browser cannot connect to a Unix domain socket\./);
});
