import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { PROJECT_ROOT, type SpawnedHeddle, spawnHeddle } from '../support/spawn-heddle.ts';

const CHROMIUM = '/usr/bin/chromium';
/** Long enough that a page that waits for the sleeper is told from one that does not. */
const SLEEP_MS = 3000;
const skip = existsSync(CHROMIUM) ? false : `there is no ${CHROMIUM}`;

suite('the hello site in Chromium', { skip }, () => {
  let heddle: SpawnedHeddle;
  let browser: Browser;

  before(async () => {
    [heddle, browser] = await Promise.all([
      spawnHeddle(['examples/hello/app.ts'], { env: { HELLO_SLEEP_MS: String(SLEEP_MS) } }),
      openBrowser(),
    ]);
  });
  after(async () => {
    await browser?.close();
    await heddle?.[Symbol.asyncDispose]();
  });

  test('/ shows the hello page, with status 200 and nothing else asked of the network', async () => {
    const { page, faults, requested } = await openPage(browser);
    const response = await page.goto(heddle.url);
    assert.equal(response?.status(), 200);
    assert.equal(response?.headers()['content-type'], 'text/html; charset=utf-8');
    assert.equal(await page.title(), 'Hello from heddle');
    assert.equal(await page.getByRole('heading', { name: 'Hello!' }).isVisible(), true);
    assert.equal(await page.getByRole('img').isVisible(), true);
    assert.equal(await page.getByRole('link', { name: 'the slow page' }).getAttribute('href'), '/sleep');
    assert.deepEqual(requested, [heddle.url]);
    assert.deepEqual(faults, []);
    await page.close();
  });

  test('an unknown path shows the 404 page, with status 404 and a way back', async () => {
    const { page, faults } = await openPage(browser);
    const response = await page.goto(new URL('/no-such-page', heddle.url).href);
    assert.equal(response?.status(), 404);
    assert.equal(await page.title(), '404: no thread leads here');
    assert.equal(await page.getByRole('heading', { name: 'No thread leads here' }).isVisible(), true);
    await page.getByRole('link', { name: 'Back to the hello page' }).click();
    assert.equal(await page.getByRole('heading', { name: 'Hello!' }).isVisible(), true);
    assert.equal(page.url(), heddle.url);
    // Chromium writes a line of its own for the status of the document.
    assert.deepEqual(
      faults.filter((fault) => !fault.includes('status of 404')),
      [],
    );
    await page.close();
  });

  test('/ renders while /sleep blocks a thread, and /sleep shows the hello page in the end', async () => {
    const [slow, quick] = await Promise.all([openPage(browser), openPage(browser)]);
    let sleeping = true;
    const slept = slow.page.goto(new URL('/sleep', heddle.url).href).then((response) => {
      sleeping = false;
      return response;
    });
    // The pool says so once the job has begun: from here on a thread is blocked.
    await heddle.waitForOutput(/Worker \d+ got a job; executing\./);
    const response = await quick.page.goto(heddle.url);
    assert.equal(response?.status(), 200);
    assert.equal(await quick.page.getByRole('heading', { name: 'Hello!' }).isVisible(), true);
    assert.equal(sleeping, true);
    assert.equal((await slept)?.status(), 200);
    assert.equal(await slow.page.getByRole('heading', { name: 'Hello!' }).isVisible(), true);
    assert.deepEqual([...slow.faults, ...quick.faults], []);
    await Promise.all([slow.page.close(), quick.page.close()]);
  });

  // Off in ordinary runs, so that a test run leaves the tree clean.
  test('screenshots', {
    skip: process.env.HEDDLE_SCREENSHOTS !== '1' && 'HEDDLE_SCREENSHOTS=1',
  }, async () => {
    for (const [name, path, colorScheme] of [
      ['hello', '/', 'light'],
      ['hello-dark', '/', 'dark'],
      ['404', '/no-such-page', 'light'],
      ['404-dark', '/no-such-page', 'dark'],
    ] as const) {
      const viewport = { width: 960, height: 760 };
      const page = await browser.newPage({ viewport, colorScheme, reducedMotion: 'reduce' });
      await page.goto(new URL(path, heddle.url).href);
      await page.screenshot({ path: `${PROJECT_ROOT}docs/img/${name}.png` });
      await page.close();
    }
  });
});

function openBrowser(): Promise<Browser> {
  const args = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return chromium.launch({ executablePath: CHROMIUM, args });
}

/** A page that notes what goes wrong in it and what it asks the network for. */
async function openPage(
  browser: Browser,
): Promise<{ page: Page; faults: readonly string[]; requested: readonly string[] }> {
  const page = await browser.newPage();
  const faults: string[] = [];
  const requested: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('requestfailed', (request) => faults.push(`${request.url()} failed`));
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) requested.push(request.url());
  });
  return { page, faults, requested };
}
