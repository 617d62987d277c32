import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const CHROMIUM = '/usr/bin/chromium';
const skip = existsSync(CHROMIUM) ? false : `there is no ${CHROMIUM}`;

const APP = `export default {
  fetch(request) {
    const sent = decodeURIComponent(new URL(request.url).search);
    throw new Error(sent, { cause: sent });
  },
};`;
const EVIL = '</title></style><script>document.title="run"</script><img src=/x onerror="document.title=1">';

test('the error page in Chromium shows what was sent, runs none of it and asks for nothing', {
  skip,
}, async () => {
  const folder = temporaryFolder({ 'app.mjs': APP });
  const env = { NODE_ENV: 'development' };
  await using heddle = await spawnHeddle([`${folder}/app.mjs`, '-t', '1'], { env });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--headless', '--no-sandbox'] });
  try {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ colorScheme });
      const requested: string[] = [];
      page.on('request', (request) => requested.push(request.url()));
      const url = `${heddle.url}?${encodeURIComponent(EVIL)}`;
      const response = await page.goto(url);
      assert.equal(response?.status(), 500);
      assert.equal(await page.title(), `Error: ?${EVIL}`);
      assert.equal(await page.locator('h1').textContent(), `Error ?${EVIL}`);
      assert.match((await page.locator('mark').textContent()) ?? '', /^> 4 \| {5}throw new Error\(sent/);
      const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      assert.equal(ground, colorScheme === 'light' ? 'rgb(253, 252, 251)' : 'rgb(24, 23, 26)');
      assert.deepEqual(requested, [url]);
      await page.close();
    }
  } finally {
    await browser.close();
  }
});
