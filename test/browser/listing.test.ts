import assert from 'node:assert/strict';
import { existsSync, mkdirSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { PROJECT_ROOT, type SpawnedHeddle, spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const CHROMIUM = '/usr/bin/chromium';
const skip = existsSync(CHROMIUM) ? false : `there is no ${CHROMIUM}`;

const EVIL = `<img src=x onerror=document.title=1>"'&.txt`;
const FILES: Readonly<Record<string, number>> = {
  'chapter 9.md': 8_214,
  'chapter 10.md': 21_733,
  'cover.png': 482_113,
  'interview.mp3': 38_204_117,
  'loom.html': 2_951,
  'pattern.json': 640,
  'sources.tar.gz': 1_290_448_731,
  LICENSE: 1_070,
};

/** Sparse files of some sizes, a week apart. */
function makeFolder(): string {
  const root = temporaryFolder();
  for (const folder of ['drafts', 'photos', 'weaving/notes', `deep/${EVIL}`])
    mkdirSync(join(root, folder), { recursive: true });
  const all = { ...FILES, 'weaving/shed.txt': 12, [`deep/${EVIL}/${EVIL}`]: 1 };
  for (const [at, [name, size]] of Object.entries(all).entries()) {
    writeFileSync(join(root, name), '');
    truncateSync(join(root, name), size);
    const seconds = Date.UTC(2026, 8, 30 - 7 * at, 14, 32) / 1000;
    utimesSync(join(root, name), seconds, seconds);
  }
  for (const folder of ['drafts', 'photos', 'weaving', 'deep'])
    utimesSync(join(root, folder), 1_790_000_000, 1_790_000_000);
  return root;
}

suite('a listing in Chromium', { skip }, () => {
  const root = makeFolder();
  let heddle: SpawnedHeddle;
  let browser: Browser;

  before(async () => {
    [heddle, browser] = await Promise.all([
      spawnHeddle([root, '-t', '1', '--listing']),
      chromium.launch({ executablePath: CHROMIUM, args: ['--headless', '--no-sandbox', '--disable-gpu'] }),
    ]);
  });
  after(async () => {
    await browser?.close();
    await heddle?.[Symbol.asyncDispose]();
  });

  /** A page that notes what goes wrong in it, violations of its policy too, and what it asks the network for. */
  async function openListing(path: string, options: BrowserContextOptions = {}) {
    const page = await browser.newPage({ locale: 'en-GB', timezoneId: 'Asia/Tokyo', ...options });
    const faults: string[] = [];
    const requested: string[] = [];
    page.on('console', (message) => faults.push(message.text()));
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith('data:')) requested.push(request.url());
    });
    const response = await page.goto(new URL(path, heddle.url).href);
    assert.equal(response?.status(), 200);
    return { page, faults, requested };
  }

  test('shows names, sizes and local dates, asks for nothing more and breaks none of its rules', async () => {
    const { page, faults, requested } = await openListing('/');
    assert.deepEqual(await shownNames(page), [
      ...['deep/', 'drafts/', 'photos/', 'weaving/'],
      ...['chapter 9.md', 'chapter 10.md', 'cover.png', 'interview.mp3', 'LICENSE', 'loom.html'],
      ...['pattern.json', 'sources.tar.gz'],
    ]);
    const row = page.locator('tr', { hasText: 'chapter 9.md' });
    assert.deepEqual(await row.locator('td').allTextContents(), [
      'chapter 9.md',
      '8.21 kB',
      '30 Sept 2026, 23:32',
    ]);
    assert.equal(await row.locator('td:nth-child(2)').getAttribute('title'), '8,214 bytes');
    assert.deepEqual([requested, faults], [[heddle.url], []]);
    await page.close();
  });

  test('is whole without scripts', async () => {
    const { page } = await openListing('/weaving/', { javaScriptEnabled: false });
    assert.deepEqual(await shownNames(page), ['..', 'notes/', 'shed.txt']);
    assert.equal(await page.locator('input, button, .keys').filter({ visible: true }).count(), 0);
    const time = page.locator('tr', { hasText: 'shed.txt' }).locator('time');
    assert.equal(await time.textContent(), '2026-08-05 14:32');
    await page.getByRole('link', { name: 'notes/' }).click();
    assert.equal(await page.getByText('Nothing here').isVisible(), true);
    await page.getByRole('navigation').getByRole('link', { name: '/' }).click();
    assert.equal(page.url(), heddle.url);
    await page.close();
  });

  test('runs nothing of a name, and leads into and out of such a folder', async () => {
    const { page, faults } = await openListing('/deep/');
    await page.getByRole('link', { name: `${EVIL}/` }).click();
    await page.waitForURL(/%3Cimg/);
    assert.deepEqual(await shownNames(page), ['..', EVIL]);
    assert.equal(await page.title(), `/deep/${EVIL}/`);
    assert.equal(await page.locator('img').count(), 0);
    assert.deepEqual(faults, []);
    await page.close();
  });

  test('is moved in by keys: arrows, j and k, Enter, and Backspace for the folder above', async () => {
    const { page } = await openListing('/');
    const press = async (...keys: string[]): Promise<string> => {
      for (const key of keys) await page.keyboard.press(key);
      return focusedName(page);
    };
    assert.equal(await press('ArrowDown'), 'deep/');
    assert.equal(await press('ArrowUp'), 'deep/');
    assert.equal(await press('j', 'ArrowDown', 'j'), 'weaving/');
    assert.equal(await press('k', 'j'), 'weaving/');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/weaving/');
    assert.equal(await press('ArrowDown', 'j', 'j'), 'shed.txt');
    await page.keyboard.press('Backspace');
    await page.waitForURL(heddle.url);
    assert.equal(await focusedName(page), 'weaving/', 'goes on where the folder stands');
    assert.equal(await press('Backspace'), 'weaving/', 'there is nothing above the root');
    await page.close();
  });

  test('is filtered: / begins, Enter opens the first, Escape ends', async () => {
    const { page } = await openListing('/');
    await page.keyboard.press('/');
    await page.keyboard.type('CHAPTER');
    assert.deepEqual(await shownNames(page), ['chapter 9.md', 'chapter 10.md']);
    await page.keyboard.press('ArrowDown');
    assert.equal(await focusedName(page), 'chapter 9.md');
    await page.keyboard.press('/');
    await page.keyboard.press('Escape');
    assert.equal((await shownNames(page)).length, 12);
    await page.keyboard.press('/');
    await page.keyboard.type('weav');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/weaving/');
    await page.close();
  });

  test('is sorted by each column, folders first, and tells so', async () => {
    const { page } = await openListing('/');
    await page.getByRole('button', { name: 'Size' }).click();
    assert.deepEqual((await shownNames(page)).slice(4, 6), ['pattern.json', 'LICENSE']);
    await page.getByRole('button', { name: 'Size' }).click();
    assert.deepEqual((await shownNames(page)).slice(3, 5), ['weaving/', 'sources.tar.gz']);
    assert.equal(await page.locator('th').nth(1).getAttribute('aria-sort'), 'descending');
    await page.getByRole('button', { name: 'Changed' }).click();
    assert.deepEqual((await shownNames(page)).slice(4, 6), ['LICENSE', 'sources.tar.gz']);
    await page.getByRole('button', { name: 'Name' }).focus();
    await page.keyboard.press('Enter');
    assert.deepEqual((await shownNames(page)).slice(4, 6), ['chapter 9.md', 'chapter 10.md']);
    await page.close();
  });

  test('is light or dark as the reader wants, and fits a phone', async () => {
    for (const [colorScheme, ground] of [
      ['light', 'rgb(255, 255, 255)'],
      ['dark', 'rgb(20, 23, 26)'],
    ] as const) {
      const { page } = await openListing('/', { colorScheme, viewport: { width: 360, height: 640 } });
      assert.equal(await page.evaluate('getComputedStyle(document.body).backgroundColor'), ground);
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360);
      await page.close();
    }
  });

  // Off in ordinary runs, so that a test run leaves the tree clean.
  test('screenshots', {
    skip: process.env.HEDDLE_SCREENSHOTS !== '1' && 'HEDDLE_SCREENSHOTS=1',
  }, async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await openListing('/', { colorScheme, viewport: { width: 900, height: 600 } });
      for (let step = 0; step < 4; step += 1) await page.keyboard.press('ArrowDown');
      await page.screenshot({ path: `${PROJECT_ROOT}docs/img/listing-${colorScheme}.png` });
      await page.close();
    }
  });
});

function shownNames(page: Page): Promise<string[]> {
  return page.locator('tbody tr:visible a').allTextContents();
}

function focusedName(page: Page): Promise<string> {
  return page.evaluate('document.activeElement.textContent');
}
